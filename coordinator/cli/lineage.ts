/** `coordinator lineage …`: shows stored runs and candidates. Reads only; a run may continue meanwhile. */
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import type { DescentOptions, ShowOptions } from "./actions/lineage/candidates.ts";
import type { LimitedOptions } from "./actions/lineage/reading.ts";
import type { SpendOptions, WorkloadOptions } from "./actions/lineage/runs.ts";
import { type ReadOptions, RUN, withReadOptions } from "./read-options.ts";

const CANDIDATE =
  "run/island/batch/index; or island/batch/index of the latest run; or a run, for its best (default: the latest run's best)";

/** Loaded once one of its commands is asked for. */
const candidates = () => import("./actions/lineage/candidates.ts");
const runs = () => import("./actions/lineage/runs.ts");

export function lineageCommand(): Command {
  const lineage = new Command("lineage").description(
    "Query the stored runs and candidates: the best, their ancestry, failures and costs.",
  );
  const add = (name: string, description: string, example: string) =>
    withHelp(withReadOptions(lineage.command(name).description(description)), {
      json: "the same data is written as one JSON value",
      examples: [`coordinator lineage ${example}`],
    });

  add("best", "Show the best candidate: its configuration and its times.", "best --json")
    .argument("[run]", RUN)
    .action(async (run: string | undefined, options: ReadOptions) =>
      (await import("./actions/lineage/best.ts")).best(run, options),
    );

  add("top", "List the best candidates, re-measured finalists first.", "top --limit 5")
    .argument("[run]", RUN)
    .option("--limit <n>", "maximum number of rows", "10")
    .action(async (run: string | undefined, options: LimitedOptions) => (await runs()).top(run, options));

  add(
    "workloads",
    "List the best configuration for each workload, including losing ones (runs with islands per workload).",
    "workloads --json",
  )
    .argument("[run]", RUN)
    .option("--samples", "with --json: include every timed batch")
    .action(async (run: string | undefined, options: WorkloadOptions) => (await runs()).workloads(run, options));

  add("show", "Show everything about one candidate: its origin, its times and its attempts.", "show 2/7/3")
    .argument("[candidate]", CANDIDATE)
    .option("--source", "include the complete code it was compiled from (runs with --evolve source)")
    .action(async (candidate: string | undefined, options: ShowOptions) =>
      (await candidates()).showCandidate(candidate, options),
    );

  for (const [name, who] of [
    ["ancestors", "List the ancestors of a candidate"],
    ["descendants", "List the descendants of a candidate"],
  ] as const) {
    add(name, `${who}, nearest first, across islands.`, `${name} 2/7/3 --depth 3`)
      .argument("[candidate]", CANDIDATE)
      .option("--depth <n>", "maximum number of generations")
      .option("--limit <n>", "maximum number of rows, nearest first", "50")
      .action(async (candidate: string | undefined, options: DescentOptions) =>
        (await candidates()).descent(name, candidate, options),
      );
  }

  add("diff", "Compare two candidates: parameters, evolved code and times.", "diff 0/0/0 2/7/3")
    .argument("<a>", CANDIDATE)
    .argument("<b>", "the other candidate")
    .action(async (a: string, b: string, options: ReadOptions) => (await candidates()).diff(a, b, options));

  add("islands", "Show how each island performed.", "islands")
    .argument("[run]", RUN)
    .action(async (run: string | undefined, options: ReadOptions) => (await runs()).islands(run, options));

  add("migrations", "List the elites that other islands adopted, latest last.", "migrations --limit 20")
    .argument("[run]", RUN)
    .option("--limit <n>", "maximum number of rows, latest kept", "50")
    .action(async (run: string | undefined, options: LimitedOptions) => (await runs()).migrations(run, options));

  add("failures", "List failures, grouped by outcome and message, with examples.", "failures --json")
    .argument("[run]", RUN)
    .action(async (run: string | undefined, options: ReadOptions) => (await runs()).failures(run, options));

  add("spend", "Show dollars and device-seconds, and the cost of each per cent of speedup.", "spend --all")
    .argument("[run]", RUN)
    .option("--all", "list all runs, one row each")
    .action(async (run: string | undefined, options: SpendOptions) => (await runs()).spend(run, options));

  add(
    "sql",
    "Run a SELECT statement on a read-only connection.",
    `sql "select outcome, count(*) from evaluations group by 1"`,
  )
    .argument(
      "<query>",
      "a SELECT statement on the tables of coordinator/lineage/schema.ts and research-stage/store/schema.ts",
    )
    .option("--limit <n>", "maximum number of rows", "1000")
    .option("--timeout <duration>", "end a query that takes longer", "60s")
    .action(async (statement: string, options: LimitedOptions & { readonly timeout: string }) =>
      (await import("./actions/lineage/sql.ts")).sql(statement, options),
    );

  return withHelp(lineage, { examples: ["coordinator lineage best", "coordinator lineage show 2/7/3"] });
}
