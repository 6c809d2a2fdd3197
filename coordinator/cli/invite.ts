/** `coordinator invite`: what another machine needs to join this database's cluster, in one file. */

import { ROLES } from "@kevo/core/identity/role.ts";
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command, Option } from "commander";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import type { InviteOptions } from "./actions/invite.ts";

export function inviteCommand(): Command {
  const roles = ROLES.filter((role) => role !== "coordinator");
  const command = new Command("invite")
    .description("Invite a program on another machine to join as an evaluator, a worker or an operator.")
    .addOption(new Option("--role <role>", "what the program may do").choices(roles))
    .option("--name <name>", "name of the member (default: the role and a number)")
    .option("--out <file>", "file to write; it contains keys, so only its owner can read it")
    .option(
      "--address <host:port>",
      "where other machines reach the NATS server (default: the running server's address, or this host's name, port 4222)",
    )
    .option("--days <n>", "days until it expires", "365")
    .option("--revoke <name>", "withdraw the invitations of this name instead")
    .option("--older", "with --revoke: keep the newest invitation of this name")
    .option("--rotate", "replace the coordinator's own certificate instead")
    .option(
      "--rotate-authority",
      "replace the authority that signs all certificates instead: once to begin, once more to end",
    )
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .action(async (given: InviteOptions) => {
      const { invitePerson } = await import("./actions/invite.ts");
      await invitePerson(given);
    });
  return withHelp(command, {
    notes: `Copy the file to the other machine over a channel that you trust, then start the program there with --join FILE.
Invite before \`coordinator start --nats-listen HOST:PORT\`, or at any time during a run that was started that way.
To replace an invitation before it expires, make another one with the same name, start the program with it, end the old
one, and withdraw the old invitation with --revoke NAME --older.
--rotate takes effect during a run: evaluators refuse the old certificate a minute after they have seen the new one.
--rotate-authority takes effect during a run too. In between, invite every member again under the same name and replace
its file: running programs read it.`,
    examples: [
      "coordinator invite --role evaluator --name gpu-7 --address head:4222 --out gpu-7.json",
      "coordinator invite --role worker --out worker.json",
      "coordinator invite --revoke gpu-7 --older",
      "coordinator invite --rotate",
      "coordinator invite --rotate-authority",
    ],
  });
}
