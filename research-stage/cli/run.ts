/** `research-stage run` and `research-stage discover`. */
import { DEFAULT_DATABASE } from "@kevo/coordinator/lineage/default-database.ts";
import { RUN_EXIT_CODES, RUN_JSON, repeatable, withHelp } from "@kevo/core/program/command-help.ts";
import { Command, Option } from "commander";
import type { RunOptions } from "./actions/run.ts";

const HELP = {
  notes: `A model is required: set XAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_API_KEY, or LLM_BASE_URL. Set X_API_KEY and
EXA_API_KEY to search X and Exa; the report names each source that was skipped for lack of a key. X_AUTHORS lists handles
whose threads to read, separated by commas.`,
  json: RUN_JSON,
  exitCodes: RUN_EXIT_CODES.replace("1 failed", "1 failed or out of budget"),
  examples: [
    "research-stage run --recording",
    'research-stage run --domain "attention on CPUs" --budget-usd 2 --rounds 2',
    'research-stage discover --domain "fused softmax for long sequences" --ideas 5',
  ],
};

export function runCommand(goal: "run" | "discover"): Command {
  const description =
    goal === "run"
      ? "Go from the literature to a measured kernel: survey, gaps, ideas, novelty, implementation, optimisation, report."
      : "Go from the literature to validated ideas: like run, without implementing them.";
  const command = new Command(goal)
    .description(description)
    .option("--domain <text>", "topic to search the literature for")
    .option("--rounds <n>", "number of rounds from gaps to measurements; each round learns from the last", "1")
    .option("--budget-usd <dollars>", "hard limit for the cost of models and literature sources together", "5")
    .addOption(
      new Option("--backend <name>", "backend of the generated kernels").choices(["cpu", "triton"]).default("cpu"),
    )
    .option("--ideas <n>", "number of ideas to ask for in each round", "3")
    .option("--implement <n>", "maximum number of novel, feasible ideas to implement in each round", "1")
    .addOption(new Option("--constraints <text>", "constraints that every idea must respect").default("", "none"))
    .option("--model <name>", "model for gaps, ideas, novelty and code (default: chosen by the key)")
    .option("--fast-model <name>", "model for all other calls (default: the same model)")
    .option("--max-results <n>", "maximum number of works from each source; limits the cost of X", "20")
    .addOption(repeatable("--author <handle>", "search this author's posts on X", "a curated list"))
    .addOption(
      new Option("--archive <span>", "X: search the last seven days, or the full archive")
        .choices(["recent", "all"])
        .default("recent"),
    )
    .option("--since <date>", "ignore literature before this day, such as 2026-01-15")
    .option("--until <date>", "ignore literature after this day (default: today)")
    .option("--evaluations <n>", "budget of evaluations for each kernel", "60")
    .option("--islands <n>", "number of islands for each kernel", "2")
    .addOption(
      repeatable(
        "--workload <name>",
        "build on library kernels that have this workload, and optimize for it only",
        "all workloads",
      ),
    )
    .option("--seed <n>", "seed for the random numbers of the search (default: random)")
    .addOption(repeatable("--evaluator <host:port>", "use this evaluator instead of a local one", "a local evaluator"))
    .option("--prompts <folder>", "examples for prompts, written by optimise-prompts")
    .option("--out <folder>", "folder for report, kernels and package (default: research/RUN beside the database)")
    .option("--db <file>", "lineage database; research.db is stored beside it", DEFAULT_DATABASE)
    .option("--recording [file]", "replay a recorded run without keys or network (default file: the demonstration)")
    .option("--record <file>", "record the run for --recording, .json or .json.gz")
    .option("--synthetic", "mark every page as made from a synthetic corpus")
    .option("--json", "end with one line of JSON on standard output")
    .action(async (given: RunOptions, command: Command) => {
      const { startResearch } = await import("./actions/run.ts");
      await startResearch(goal, given, command);
    });
  return withHelp(command, HELP);
}
