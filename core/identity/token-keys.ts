/**
 * KEVO_TOKEN, the older way into a cluster: every program that has the token derives the same keys from it, one for each
 * role. So the token itself is never sent to a NATS server or an evaluator of this project.
 */
import { hkdfSync, scryptSync } from "node:crypto";
import { createNKey, type NKey } from "./nkey.ts";
import type { Role } from "./role.ts";

/** Guessing a token from a signature that was overheard costs this much for each guess. */
const SCRYPT = { N: 4096, r: 8, p: 1 };

const stretched = new Map<string, Buffer>();

function stretch(token: string): Buffer {
  let key = stretched.get(token);
  if (key === undefined) {
    key = scryptSync(token, "kevo-token", 32, SCRYPT);
    stretched.set(token, key);
  }
  return key;
}

const derive = (token: string, purpose: string) =>
  Buffer.from(hkdfSync("sha256", stretch(token), Buffer.alloc(0), purpose, 32));

/** The NATS identity of a role. */
export const natsKeyOfToken = (token: string, role: Role): NKey => createNKey(derive(token, `nats ${role}`));

/** Proves calls to evaluators, and their answers. */
export const callSecretOfToken = (token: string): string => derive(token, "evaluator calls").toString("hex");
