/** A credentials file of NATS (`.creds`): a user's JWT, signed by an account, and the seed of the user's key. */
import { readFileSync } from "node:fs";
import { describeSystemError } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";
import { type NKey, openNKey } from "./nkey.ts";

export interface NatsCreds {
  readonly jwt: string;
  readonly key: NKey;
}

const JWT = /-----BEGIN NATS USER JWT-----\s*(\S+)\s*-+END NATS USER JWT-+/;
const SEED = /-----BEGIN USER NKEY SEED-----\s*(SU[A-Z2-7]+)\s*-+END USER NKEY SEED-+/;

/** @throws UserError (code 2) for a file that cannot be read or is none. */
export function readNatsCreds(path: string): NatsCreds {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const why = describeSystemError(error)?.why ?? "it cannot be read";
    throw new UserError(`--nats-creds ${path}: ${why}. Name the credentials file (.creds) of a NATS user.`, 2);
  }
  const [jwt, seed] = [JWT.exec(text)?.[1], SEED.exec(text)?.[1]];
  try {
    if (jwt !== undefined && seed !== undefined) return { jwt, key: openNKey(seed) };
  } catch {
    // Its seed is damaged.
  }
  throw new UserError(
    `--nats-creds ${path}: this is not a credentials file of NATS. It must hold a user's JWT and seed, as nsc writes them.`,
    2,
  );
}
