/** `island-worker start`. */

import { readEnvironment } from "@kevo/core/config/environment.ts";
import { parseInteger } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type Invitation, readInvitation } from "@kevo/core/identity/invitation.ts";
import { onRenewedInvitation } from "@kevo/core/identity/renewed-invitation.ts";
import { withHelp } from "@kevo/core/program/command-help.ts";
import { leaveSoon } from "@kevo/core/program/leave-soon.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import { onStopRequest } from "@kevo/core/program/stop-requests.ts";
import { addTelemetryOptions, type TelemetryOptions, telemetryOf } from "@kevo/core/telemetry/options.ts";
import { RUN_ID } from "@kevo/proto/subjects.ts";
import { Command } from "commander";

interface GivenOptions extends TelemetryOptions {
  readonly nats?: string;
  readonly natsCreds?: string;
  readonly join?: string;
  readonly islands: string;
  readonly run?: string;
  readonly name?: string;
  readonly parent?: boolean;
}

export function startCommand(): Command {
  const command = new Command("start")
    .description("Work for runs that need a worker, until a signal ends this one.")
    .option("--nats <url[,url]>", "NATS server of the coordinator")
    .option("--nats-creds <file>", "credentials file of a NATS user, for --nats")
    .option("--join <file>", "an invitation, made with coordinator invite --role worker; it names the server")
    .option("--islands <number>", "maximum number of islands to lease at the same time", "64")
    .option("--run <id>", "work for this run only (default: any run that needs a worker)")
    .option("--name <name>", "this worker's name in the lineage (default: host name and process id)");
  addTelemetryOptions(command)
    .option("--parent", "end when standard input closes, that is, when the parent process dies")
    .action(async (given: GivenOptions) => {
      const { KEVO_TOKEN: token } = readEnvironment();
      const islands = parseInteger(given.islands, "--islands", { min: 1, max: 1024 });
      if (given.run !== undefined && !RUN_ID.test(given.run)) {
        throw new UserError(
          `--run ${given.run}: this is not a run's id. \`${ownCommand("coordinator")} runs\` lists them.`,
          2,
        );
      }
      const invitation = given.join === undefined ? undefined : readInvitation(given.join, "worker");
      const nats = given.nats ?? invitation?.nats;
      if (nats === undefined) {
        throw new UserError(
          "Name the coordinator's NATS server with --nats URL, or give an invitation with --join FILE.",
          2,
        );
      }
      const telemetry = telemetryOf(given);
      const [{ work }, { observeWorker }] = await Promise.all([
        import("../worker/work.ts"),
        import("../observe/observe-worker.ts"),
      ]);
      await using observed = await observeWorker(telemetry);
      const onNote = observed.note;
      const fixed = {
        nats,
        creds: given.natsCreds,
        token,
        islands,
        run: given.run ?? null,
        name: given.name ?? null,
        onNote,
      };
      const stop = untilToldToStop(given.parent === true);
      if (given.join === undefined) await work(fixed, stop);
      else
        await workByInvitation(
          given.join,
          invitation as Invitation,
          (by, signal) => work({ ...fixed, invitation: by }, signal),
          stop,
          onNote,
        );
      // An open standard input would keep the process alive.
      process.stdin.destroy();
      leaveSoon();
    });
  return withHelp(command, {
    notes: "If the NATS server requires a token, set it as KEVO_TOKEN.",
    examples: [
      "island-worker start --join worker.json",
      "island-worker start --nats nats://head:4222",
      "island-worker start --nats nats://head:4222 --islands 2",
    ],
  });
}

/** Between two tries with an invitation that has come in place of another. */
const AGAIN_MS = 1_000;

/** Leaves its islands and joins again whenever the file holds another invitation. */
async function workByInvitation(
  path: string,
  first: Invitation,
  work: (invitation: Invitation, signal: AbortSignal) => Promise<void>,
  stop: AbortSignal,
  note: (message: string) => void,
): Promise<void> {
  let renewed = new AbortController();
  let invitation = first;
  const end = onRenewedInvitation(
    path,
    "worker",
    (next) => {
      invitation = next;
      renewed.abort();
    },
    note,
  );
  while (!stop.aborted) {
    renewed = new AbortController();
    const signal = AbortSignal.any([stop, renewed.signal]);
    await work(invitation, signal).catch(async (error: Error) => {
      // The server may be away at this moment. At the first time it is a mistake.
      if (invitation === first) throw error;
      note(`${error.message} It is tried again.`);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    });
  }
  end();
}

function untilToldToStop(parent: boolean): AbortSignal {
  const stop = new AbortController();
  onStopRequest(() => stop.abort());
  if (parent) {
    // No coordinator is left to take its batches or its islands.
    const orphaned = () => process.exit(0);
    process.stdin.on("end", orphaned).on("error", orphaned).resume();
  }
  return stop.signal;
}
