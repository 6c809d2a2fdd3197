/** An invitation: one file with all that a program on another machine needs to join a cluster as what it was invited to be. */

import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { describeSystemError } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";
import { shellWord } from "../program/shell-word.ts";
import { type Role, role } from "./role.ts";

const invitation = z.object({
  v: z.literal(1),
  role,
  name: z.string(),
  /** URL of the coordinator's NATS server. */
  nats: z.string(),
  /** NKey seed. */
  nats_seed: z.string(),
  /** PEM. */
  ca: z.string(),
  cert: z.string(),
  key: z.string(),
  /** ISO 8601. */
  expires: z.string(),
});
export type Invitation = z.infer<typeof invitation>;

/** @throws UserError (code 2): unreadable, readable by others, for another role, or out of date. */
export function readInvitation(path: string, wanted: Role, now = new Date()): Invitation {
  let found: Invitation;
  let mode: number;
  try {
    mode = statSync(path).mode;
    found = invitation.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const why = describeSystemError(error)?.why ?? "it is not an invitation";
    throw new UserError(`--join ${path}: ${why}. Make one with \`coordinator invite --role ${wanted} --out FILE\`.`, 2);
  }
  if ((mode & 0o077) !== 0) {
    throw new UserError(
      `--join ${path}: other users can read it, and it holds keys. Run: chmod 600 ${shellWord(path)}`,
      2,
    );
  }
  if (found.role !== wanted) {
    throw new UserError(`--join ${path}: it invites the ${found.role} "${found.name}", and this is the ${wanted}.`, 2);
  }
  if (new Date(found.expires) <= now) {
    throw new UserError(
      `--join ${path}: it expired on ${found.expires.slice(0, 10)}. Make another with \`coordinator invite --role ${wanted} --name ${found.name} --out FILE\`.`,
      2,
    );
  }
  return found;
}
