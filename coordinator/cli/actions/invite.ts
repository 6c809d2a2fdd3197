/** What `coordinator invite` does. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { formatAddress, isLoopback, parseAddress } from "@kevo/core/config/address.ts";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { makeFolder } from "@kevo/core/config/folder.ts";
import { parseInteger } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Invitation } from "@kevo/core/identity/invitation.ts";
import type { Role } from "@kevo/core/identity/role.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { hasAuthority, invite, membersOf, renewOwn, rotateAuthority, withdraw } from "../../identity/authority.ts";
import { natsFolder } from "../../identity/nats-folder.ts";
import { admitAnew } from "../../nats-server/admit-anew.ts";
import { readRecord } from "../../nats-server/record.ts";

export interface InviteOptions {
  readonly role?: Role;
  readonly name?: string;
  readonly out?: string;
  readonly address?: string;
  readonly days: string;
  readonly revoke?: string;
  readonly older?: boolean;
  readonly rotate?: boolean;
  readonly rotateAuthority?: boolean;
  readonly db: string;
}

const DEFAULT_PORT = 4222;
const LATER =
  "The running NATS server listens on this host only, or was started before the first invitation. The change takes effect when it is next started with --nats-listen HOST:PORT.";
const NAME = /^[A-Za-z0-9._-]{1,60}$/;

export async function invitePerson(given: InviteOptions): Promise<void> {
  const folder = natsFolder(resolve(given.db));
  const { KEVO_TOKEN: token } = readEnvironment();
  if (given.revoke !== undefined) return revoke(folder, given.revoke, given.older === true, token);
  if (given.rotate === true) return rotate(folder, token);
  if (given.rotateAuthority === true) return replaceAuthority(folder, token);
  const { role, out } = given;
  if (role === undefined || out === undefined) {
    throw new UserError("An invitation needs a role and a file: give --role ROLE and --out FILE.", 2);
  }
  if (existsSync(out)) throw new UserError(`--out ${out}: the file exists. Name another, or remove it first.`, 2);
  const name = given.name ?? `${role}-${membersOf(folder).length + 1}`;
  if (!NAME.test(name)) throw new UserError(`--name ${name}: use letters, digits, dots and dashes, 60 at most.`, 2);
  // Before anyone is invited: an invitation that cannot be written is lost.
  makeFolder(dirname(resolve(out)), "--out");
  const days = parseInteger(given.days, "--days", { min: 1, max: 3650 });
  const address =
    given.address === undefined ? addressOf(folder) : formatAddress(parseAddress(given.address, "--address"));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { nats_seed, ca, cert, key, expires } = await invite(folder, { role, name, days });
  const invitation: Invitation = { v: 1, role, name, nats: `nats://${address}`, nats_seed, ca, cert, key, expires };
  writeFileSync(out, `${JSON.stringify(invitation, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  if (!admitAnew(folder, token)) console.error(LATER);
  const program = {
    evaluator: "gpu-evaluator start --backend …",
    worker: "island-worker start",
    operator: "coordinator stop RUN",
  };
  console.error(
    `Wrote ${out}: it invites the ${role} ${name} to the NATS server at ${address} and expires on ${expires.slice(0, 10)}.\nCopy it to the other machine and run there: ${program[role as keyof typeof program]} --join ${shellWord(basename(out))}`,
  );
}

async function rotate(natsFolder: string, token: string | undefined): Promise<void> {
  if (!hasAuthority(natsFolder)) {
    throw new UserError("--rotate: the coordinator has no certificate. The first invitation makes one.", 2);
  }
  await renewOwn(natsFolder);
  if (!admitAnew(natsFolder, token)) console.error(LATER);
  console.error("The coordinator has a new certificate.");
}

async function replaceAuthority(natsFolder: string, token: string | undefined): Promise<void> {
  if (!hasAuthority(natsFolder)) {
    throw new UserError("--rotate-authority: there is no authority yet. The first invitation makes one.", 2);
  }
  const rotation = await rotateAuthority(natsFolder);
  if (rotation.state === "waiting") {
    throw new UserError(
      `--rotate-authority: no invitation of the new authority exists for ${rotation.names.join(", ")}. Invite them again under the same name and replace their files, or withdraw them (--revoke NAME); then repeat this command.`,
    );
  }
  if (!admitAnew(natsFolder, token)) console.error(LATER);
  console.error(
    rotation.state === "begun"
      ? "A new authority signs invitations from now on; those of the old one stay valid.\nInvite every member again under the same name and put the new file in the place of the old one: programs that run read it within seconds. Then repeat this command."
      : "The old authority and all its invitations are no longer valid.",
  );
}

function revoke(natsFolder: string, name: string, older: boolean, token: string | undefined): void {
  if (withdraw(natsFolder, name, older) === 0) {
    if (older && membersOf(natsFolder).some((member) => member.name === name)) {
      throw new UserError(`--revoke ${name} --older: there is only one invitation of this name.`, 2);
    }
    const names = [...new Set(membersOf(natsFolder).map((member) => member.name))];
    throw new UserError(
      `--revoke ${name}: there is no invitation of this name. ${names.length === 0 ? "No invitations exist." : `Existing names: ${names.join(", ")}.`}`,
      2,
    );
  }
  if (!admitAnew(natsFolder, token)) console.error(LATER);
  console.error(`The ${older ? "older " : ""}invitations of ${name} are withdrawn.`);
}

/** Of the server that runs, if others reach it; its default otherwise. */
function addressOf(natsFolder: string): string {
  const record = readRecord(natsFolder);
  if (record === null || isLoopback(record.host)) return `${hostname()}:${DEFAULT_PORT}`;
  const host = ["0.0.0.0", "::"].includes(record.host) ? hostname() : record.host;
  return formatAddress({ host, port: record.port });
}
