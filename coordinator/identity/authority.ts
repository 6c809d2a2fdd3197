/**
 * The authority of one database's cluster: its certificate, the coordinator's own, and who was invited. Made by the first
 * `coordinator invite`, in a folder of the owner only beside the keys of the embedded NATS server.
 */
import { randomBytes, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNKey } from "@kevo/core/identity/nkey.ts";
import { type Role, role } from "@kevo/core/identity/role.ts";
import type { TlsIdentity } from "@kevo/core/identity/tls.ts";
import { z } from "zod";
import { issueCertificate, makeAuthorityCertificate } from "./certificates.ts";

const members = z.array(
  z.object({
    ...{ name: z.string(), role, public_key: z.string(), serial: z.string(), expires: z.string() },
    /** Serial number of the authority that signed it; absent in what older versions wrote. */
    authority: z.string().optional(),
  }),
);
export type Member = z.infer<typeof members>[number];

/** Two that are trusted at once need two names: a certificate tells its issuer by the name. */
const authorityName = () => `KernelEvolve cluster ${randomBytes(4).toString("hex")}`;
/** Signs the coordinator's certificate while the authority is being replaced. */
const PREVIOUS_KEY = "previous.key";
const AUTHORITY_DAYS = 3650;
const OWN_DAYS = 365;
/** Programs read the certificate when they start, so it has to be valid for much longer than a run. */
const RENEW_AFTER_DAYS = 30;
const DAY_MS = 24 * 3600 * 1000;

const authorityFolder = (natsFolder: string) => join(natsFolder, "authority");
const file = (natsFolder: string, name: string) => join(authorityFolder(natsFolder), name);

/** Whether anybody was ever invited. */
export const hasAuthority = (natsFolder: string) => existsSync(file(natsFolder, "members.json"));

/** Where the coordinator's own identity lies; nats-server reads it too. */
export const ownFiles = (natsFolder: string) => ({
  ca: file(natsFolder, "ca.crt"),
  cert: file(natsFolder, "own.crt"),
  key: file(natsFolder, "own.key"),
});

/** Null before the first invitation. */
export function ownIdentity(natsFolder: string): TlsIdentity | null {
  if (!hasAuthority(natsFolder)) return null;
  const { ca, cert, key } = ownFiles(natsFolder);
  const read = (path: string) => readFileSync(path, "utf8");
  return { ca: read(ca), cert: read(cert), key: read(key) };
}

/** Those whose invitations hold. */
export function membersOf(natsFolder: string, now = new Date()): Member[] {
  if (!hasAuthority(natsFolder)) return [];
  const stored = members.parse(JSON.parse(readFileSync(file(natsFolder, "members.json"), "utf8")));
  return stored.filter(({ expires }) => new Date(expires) > now);
}

async function ensureAuthority(natsFolder: string): Promise<void> {
  if (hasAuthority(natsFolder)) return;
  mkdirSync(authorityFolder(natsFolder), { recursive: true, mode: 0o700 });
  const ca = await makeAuthorityCertificate(authorityName(), AUTHORITY_DAYS);
  write(natsFolder, "ca.crt", ca.cert);
  write(natsFolder, "ca.key", ca.key);
  await renewOwn(natsFolder);
  write(natsFolder, "members.json", "[]\n");
}

/** The authorities that are trusted, the newest first; the second one only while it is being replaced. */
const authorities = (natsFolder: string): string[] =>
  readFileSync(file(natsFolder, "ca.crt"), "utf8").match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n?/g) ?? [];

const newestAuthority = (natsFolder: string) => ({
  cert: authorities(natsFolder)[0] as string,
  key: readFileSync(file(natsFolder, "ca.key"), "utf8"),
});

/**
 * A new certificate and key for the coordinators of this database. Evaluators that have seen it refuse the one before.
 * While the authority is being replaced, the older one signs: members whose invitations are old trust no other.
 */
export async function renewOwn(natsFolder: string): Promise<void> {
  const [newest, older] = authorities(natsFolder);
  const previous = file(natsFolder, PREVIOUS_KEY);
  const authority =
    older !== undefined && existsSync(previous)
      ? { cert: older, key: readFileSync(previous, "utf8") }
      : { ...newestAuthority(natsFolder), cert: newest as string };
  const own = await issueCertificate(authority, { role: "coordinator", name: "coordinator", days: OWN_DAYS });
  write(natsFolder, "own.key", own.key);
  write(natsFolder, "own.crt", own.cert);
}

/** Renews the coordinator's certificate when it is older than a month. */
export async function renewOwnWhenDue(natsFolder: string, now = Date.now()): Promise<void> {
  const own = ownIdentity(natsFolder);
  if (own === null) return;
  const { validFrom } = new X509Certificate(own.cert);
  if (now - Date.parse(validFrom) > RENEW_AFTER_DAYS * DAY_MS) await renewOwn(natsFolder);
}

/** `begun`: both authorities are trusted from now on. `waiting`: these members have no invitation of the new one. */
export type Rotation =
  | { readonly state: "begun" | "ended" }
  | { readonly state: "waiting"; readonly names: readonly string[] };

/**
 * Replaces the authority in two steps, during runs as well: a new one beside the old one, and, once every member has an
 * invitation of the new one, the new one alone. Before `hasAuthority` there is nothing to replace.
 */
export async function rotateAuthority(natsFolder: string): Promise<Rotation> {
  const [newest, older] = authorities(natsFolder) as [string, ...string[]];
  if (older === undefined) {
    const made = await makeAuthorityCertificate(authorityName(), AUTHORITY_DAYS);
    write(natsFolder, PREVIOUS_KEY, readFileSync(file(natsFolder, "ca.key"), "utf8"));
    write(natsFolder, "ca.key", made.key);
    write(natsFolder, "ca.crt", `${made.cert.trimEnd()}\n${newest}`);
    return { state: "begun" };
  }
  const serial = serialOf(newest);
  const all = membersOf(natsFolder);
  const renewed = all.filter(({ authority }) => authority === serial);
  const names = [...new Set(all.map(({ name }) => name))];
  const waiting = names.filter((name) => !renewed.some((member) => member.name === name));
  if (waiting.length > 0) return { state: "waiting", names: waiting };
  store(natsFolder, renewed);
  write(natsFolder, "ca.crt", newest);
  rmSync(file(natsFolder, PREVIOUS_KEY), { force: true });
  await renewOwn(natsFolder);
  return { state: "ended" };
}

/** As TLS reports it. */
const serialOf = (certificate: string) => new X509Certificate(certificate).serialNumber;

/** The content of an invitation, besides the address. */
export async function invite(natsFolder: string, subject: { role: Role; name: string; days: number }) {
  await ensureAuthority(natsFolder);
  const read = (name: string) => readFileSync(file(natsFolder, name), "utf8");
  const authority = newestAuthority(natsFolder);
  const { cert, key, serial, expires } = await issueCertificate(authority, subject);
  const nkey = createNKey();
  const { name, role } = subject;
  const member: Member = {
    name,
    role,
    public_key: nkey.publicKey,
    serial,
    expires: expires.toISOString(),
    authority: serialOf(authority.cert),
  };
  store(natsFolder, [...membersOf(natsFolder), member]);
  return { nats_seed: nkey.seed, ca: read("ca.crt"), cert, key, expires: member.expires };
}

/** @param older all invitations of this name but the newest; otherwise that one, too. @returns the number of those withdrawn */
export function withdraw(natsFolder: string, name: string, older = false): number {
  const all = membersOf(natsFolder);
  const newest = older ? all.findLast((member) => member.name === name) : undefined;
  const kept = all.filter((member) => member.name !== name || member === newest);
  if (kept.length < all.length) store(natsFolder, kept);
  return all.length - kept.length;
}

const store = (natsFolder: string, all: readonly Member[]) =>
  write(natsFolder, "members.json", `${JSON.stringify(all, null, 2)}\n`);

function write(natsFolder: string, name: string, text: string): void {
  const temporary = `${file(natsFolder, name)}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file(natsFolder, name));
}
