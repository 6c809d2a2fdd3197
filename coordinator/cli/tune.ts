/** `coordinator tune …`: one command from a model's sizes to the file that a serving stack reads. */
import { parseDuration } from "@kevo/core/config/duration.ts";
import { parseInteger } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { RUN_EXIT_CODES, repeatable, withHelp } from "@kevo/core/program/command-help.ts";
import { leaveSoon } from "@kevo/core/program/leave-soon.ts";
import { Command, Option } from "commander";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";
import { STACKS, type Stack } from "../tuned-files/format.ts";
import { LADDER } from "../tuned-files/ladder.ts";

interface GivenOptions {
  readonly experts: string;
  readonly topK: string;
  readonly hidden: string;
  readonly intermediate: string;
  readonly batch: string;
  readonly dtype: "bf16";
  readonly for: Stack;
  readonly time: string;
  readonly evaluations?: string;
  readonly seeds: string[];
  readonly seed?: string;
  readonly devices?: string;
  readonly out: string;
  readonly db: string;
  readonly json?: boolean;
}

const MAX_BATCHES = 64;
/** More than any time allows. */
const UNLIMITED = 10_000_000;
const MAX_SIZE = 1 << 20;

export function tuneCommand(): Command {
  const tune = new Command("tune").description("Tune a kernel for a serving stack, and write the file that it reads.");
  const moe = tune
    .command("fused-moe")
    .description(
      "Tune a mixture of experts for a list of batch sizes in one run, and write vLLM's or SGLang's tuned file.",
    )
    .requiredOption("--experts <n>", "number of experts on one device")
    .requiredOption("--top-k <n>", "experts of a token")
    .requiredOption("--hidden <n>", "hidden size of the model")
    .requiredOption("--intermediate <n>", "intermediate size of an expert on one device, the N of the file's name")
    .addOption(new Option("--dtype <name>", "type of weights and activations").choices(["bf16"]).default("bf16"))
    .option("--batch <list>", "batch sizes to tune, in tokens, with commas between them", LADDER.join())
    .addOption(new Option("--for <stack>", "whose file to write").choices(STACKS).default("vllm"))
    .option(
      "--time <duration>",
      "stop proposing after this time; measuring the winners again takes a minute more",
      "10m",
    )
    .option("--evaluations <n>", "stop proposing after this many evaluations too (default: --time alone ends it)")
    .addOption(
      repeatable(
        "--seeds <file>",
        "a tuned file whose rows are tried first and compared with, of either stack",
        "none",
      ),
    )
    .option("--seed <n>", "seed for all random numbers (default: random)")
    .option("--devices <numbers>", "devices of the local evaluator, such as 0,1")
    .requiredOption(
      "--out <path>",
      "file to write; or a folder, which gets the file under the name that the stack looks for",
    )
    .option("--db <file>", "lineage database", DEFAULT_DATABASE)
    .option("--json", "write one JSON value to standard output")
    .action(async ({ time, evaluations, seed, json = false, ...given }: GivenOptions) => {
      const size = (text: string, name: string) => parseInteger(text, name, { min: 1, max: MAX_SIZE });
      const shape = {
        experts: size(given.experts, "--experts"),
        topK: size(given.topK, "--top-k"),
        hidden: size(given.hidden, "--hidden"),
        intermediate: size(given.intermediate, "--intermediate"),
      };
      if (shape.topK > shape.experts) {
        throw new UserError(
          `--top-k ${shape.topK} exceeds --experts ${shape.experts}. Lower it, or raise the other.`,
          2,
        );
      }
      const { tuneFusedMoe } = await import("./actions/tune.ts");
      await tuneFusedMoe({
        shape,
        batches: batchesOf(given.batch),
        stack: given.for,
        timeS: parseDuration(time, "--time"),
        evaluations: parseInteger(evaluations ?? String(UNLIMITED), "--evaluations", { min: 1, max: UNLIMITED }),
        seedFiles: given.seeds,
        seed: seed === undefined ? undefined : parseInteger(seed, "--seed", { min: 0, max: 2 ** 31 - 1 }),
        devices: given.devices,
        out: given.out,
        db: given.db,
        json,
      });
      leaveSoon();
    });
  withHelp(moe, {
    notes:
      "Times are of this project's Triton kernel, whose parameters mean what they mean in both stacks. Where nothing\nis faster than the stack's own rule and the rows of --seeds by more than chance, the fastest of those is written. Sizes of the\nladder that --batch leaves out have the first --seeds file's row, or the rule's: both stacks take the nearest row, however\nfar it is.",
    json: "the run, the files written, and a row for each batch size are written",
    exitCodes: RUN_EXIT_CODES,
    examples: [
      "coordinator tune fused-moe --experts 128 --top-k 8 --hidden 2048 --intermediate 768 --out ./tuned/",
      "coordinator tune fused-moe --experts 8 --top-k 2 --hidden 4096 --intermediate 7168 \\\n  --batch 1,16,256,4096 --for sglang --time 5m --seeds old.json --out ./configs/",
    ],
  });
  return withHelp(tune, {
    examples: ["coordinator tune fused-moe --experts 128 --top-k 8 --hidden 2048 --intermediate 768 --out ./tuned/"],
  });
}

function batchesOf(text: string): number[] {
  const batches = text.split(",").map((one) => parseInteger(one.trim(), "--batch", { min: 1, max: MAX_SIZE }));
  const sorted = [...new Set(batches)].sort((a, b) => a - b);
  if (sorted.length > MAX_BATCHES) {
    throw new UserError(
      `--batch has ${sorted.length} sizes; at most ${MAX_BATCHES} go into one run. Leave some out.`,
      2,
    );
  }
  return sorted;
}
