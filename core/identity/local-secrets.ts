/**
 * Secrets of the servers that this user runs on this host, by port: one file for each, readable by the owner only.
 * Programs of the same user find the secret there without configuration; other users find nothing.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isLoopback, parseAddress } from "../config/address.ts";
import { privateFolder } from "../config/user-folders.ts";

const nats = z.object({
  /** The file with the keys of its roles. */
  keys: z.string(),
  /** Files of a certificate, where it takes encrypted connections. */
  tls: z.object({ ca: z.string(), cert: z.string(), key: z.string() }).optional(),
});
const evaluator = z.object({
  /** Proves calls to it, and its answers. */
  secret: z.string().min(32),
  pid: z.int().positive(),
  /** When that process started; absent in what older versions wrote. */
  startTime: z.string().optional(),
});
const KINDS = { nats, evaluator };
type Kind = keyof typeof KINDS;
type Secret<K extends Kind> = z.infer<(typeof KINDS)[K]>;

const path = (kind: Kind, port: number) => join(privateFolder("kevo-secrets"), `${kind}-${port}.json`);

/** Replaces what an earlier server on this port left. */
export function publishLocalSecret<K extends Kind>(kind: K, port: number, secret: Secret<K>): void {
  const file = path(kind, port);
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(secret), { mode: 0o600 });
  renameSync(temporary, file);
}

export function removeLocalSecret(kind: Kind, port: number): void {
  rmSync(path(kind, port), { force: true });
}

/** @param address HOST:PORT; null for another host, and where no server of this user has told. */
export function localSecret<K extends Kind>(kind: K, address: string): Secret<K> | null {
  try {
    const { host, port } = parseAddress(address, "address");
    if (!isLoopback(host)) return null;
    return KINDS[kind].parse(JSON.parse(readFileSync(path(kind, port), "utf8"))) as Secret<K>;
  } catch {
    return null;
  }
}
