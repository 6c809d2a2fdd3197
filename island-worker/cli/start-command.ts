/** `island-worker start`. */
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { parseInteger } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { RUN_ID } from "@kevo/proto/subjects.ts";
import { Command } from "commander";

interface GivenOptions {
  readonly nats: string;
  readonly islands: string;
  readonly run?: string;
  readonly name?: string;
  readonly parent?: boolean;
}

const AFTER_HELP = `
The token of a NATS server that asks for one is taken from KEVO_TOKEN.

Examples:
  island-worker start --nats nats://head:4222
  island-worker start --nats nats://head:4222 --islands 2`;

export function startCommand(): Command {
  return new Command("start")
    .description("Take part in runs until told to stop.")
    .requiredOption("--nats <url>", "NATS server of the coordinator")
    .option("--islands <number>", "hold at most so many islands at once", "64")
    .option("--run <id>", "work for this run only (default: any that wants a worker)")
    .option("--name <name>", "how the coordinator calls this worker (default: host and process id)")
    .option("--parent", "end when standard input closes, as it does when the process that started this one dies")
    .addHelpText("after", AFTER_HELP)
    .action(async (given: GivenOptions) => {
      const { KEVO_TOKEN: token } = readEnvironment();
      const islands = parseInteger(given.islands, "--islands", { min: 1, max: 1024 });
      if (given.run !== undefined && !RUN_ID.test(given.run)) {
        throw new UserError(`--run ${given.run}: not a run's id. See \`coordinator runs\`.`, 2);
      }
      const { work } = await import("../worker/work.ts");
      await work(
        {
          nats: given.nats,
          token,
          islands,
          run: given.run ?? null,
          name: given.name ?? null,
          onNote: (message) => console.error(`island-worker: ${message}`),
        },
        untilToldToStop(given.parent === true),
      );
      // An open standard input would keep the process alive.
      process.stdin.destroy();
    });
}

function untilToldToStop(parent: boolean): AbortSignal {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.on("SIGINT", abort);
  process.on("SIGTERM", abort);
  if (parent) {
    // Nobody is left who wants its batches, and nobody to release the islands to.
    const orphaned = () => process.exit(0);
    process.stdin.on("end", orphaned).on("error", orphaned).resume();
  }
  return stop.signal;
}
