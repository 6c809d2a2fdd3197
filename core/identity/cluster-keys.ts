/**
 * The keys of one embedded NATS server, made once and kept beside it in a file of the owner only: a NATS identity for each
 * role, and a secret that only the coordinators of this database know.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors/user-error.ts";
import { createNKey, type NKey, openNKey } from "./nkey.ts";
import { ROLES, type Role, role } from "./role.ts";

const schema = z.object({
  v: z.literal(1),
  /** NKey seeds. */
  nats: z.record(role, z.string()),
  /** By which a coordinator knows again what it gave out before it was restarted. */
  lease_secret: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface ClusterKeys {
  readonly path: string;
  readonly nats: Readonly<Record<Role, NKey>>;
  readonly leaseSecret: string;
}

const clusterKeysPath = (dir: string) => join(dir, "keys.json");

/** @param dir an existing folder. @throws UserError for a file that is damaged */
export function openClusterKeys(dir: string): ClusterKeys {
  const path = clusterKeysPath(dir);
  if (!existsSync(path)) {
    const nats = Object.fromEntries(ROLES.map((name) => [name, createNKey().seed]));
    const text = JSON.stringify({ v: 1, nats, lease_secret: randomBytes(32).toString("hex") });
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, `${text}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  }
  chmodSync(path, 0o600);
  return readClusterKeys(path);
}

/** @throws UserError */
export function readClusterKeys(path: string): ClusterKeys {
  try {
    const { nats, lease_secret: leaseSecret } = schema.parse(JSON.parse(readFileSync(path, "utf8")));
    const keys = ROLES.map((name) => [name, openNKey(nats[name])] as const);
    return { path, nats: Object.fromEntries(keys) as Record<Role, NKey>, leaseSecret };
  } catch (error) {
    throw new UserError(
      `The file of keys ${path} cannot be read (${(error as Error).message.split("\n")[0]}). Remove it; the next start makes new keys.`,
    );
  }
}
