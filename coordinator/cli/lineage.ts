/** `coordinator lineage …`: what is stored of runs and candidates. Reads only; a run may go on meanwhile. */
import { existsSync } from "node:fs";
import { parseInteger } from "@kevo/core/config/number.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { withHelp } from "@kevo/core/program/command-help.ts";
import { Command } from "commander";
import type { LineageDatabase } from "../lineage/database.ts";
import { bestByDevice, bestByWorkload, bestOf } from "../lineage/queries/best.ts";
import { cellsOf } from "../lineage/queries/cells.ts";
import { ancestorsOf, descendantsOf, type Relative } from "../lineage/queries/descent.ts";
import { differenceOf } from "../lineage/queries/diff.ts";
import { codeTextOf } from "../lineage/queries/evolved-source.ts";
import { failuresOf } from "../lineage/queries/failures.ts";
import { failedFinalists } from "../lineage/queries/finalists.ts";
import { islandsOf } from "../lineage/queries/islands.ts";
import { migrationsOf } from "../lineage/queries/migrations.ts";
import { ranking } from "../lineage/queries/ranking.ts";
import { type Run, resolveCandidate, resolveRun } from "../lineage/queries/resolve.ts";
import { detailsOf } from "../lineage/queries/show.ts";
import { spendOf, spendOfRuns } from "../lineage/queries/spend.ts";
import { query } from "../lineage/queries/sql.ts";
import { winnersTimes } from "../lineage/queries/workloads.ts";
import { openReadOnly, type ReadOnlyLineage } from "../lineage/read-only.ts";
import { researchPath } from "../lineage/research/database.ts";
import { originOf } from "../lineage/research/origin.ts";
import { commandFor } from "../progress/command.ts";
import { wantsColours } from "../progress/table.ts";
import { cellSummary, cellTable } from "../result/cell-table.ts";
import { bestView, codeText, detailsView, differenceView } from "./lineage/candidate-views.ts";
import { originView } from "./lineage/origin-view.ts";
import * as views from "./lineage/row-views.ts";
import { hint, outputWidth, print, printJson, printTable, type ReadOptions, RUN, withReadOptions } from "./output.ts";

interface LimitedOptions extends ReadOptions {
  readonly limit: string;
}

const CANDIDATE =
  "run/island/batch/index; or island/batch/index of the latest run; or a run, for its best (default: the latest run's best)";

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
    .action((run: string | undefined, options: ReadOptions) => reading(options, (open) => best(open.db, run, options)));

  add("top", "List the best candidates, re-measured finalists first.", "top --limit 5")
    .argument("[run]", RUN)
    .option("--limit <n>", "maximum number of rows", "10")
    .action((text: string | undefined, options: LimitedOptions) =>
      reading(options, ({ db }) => {
        const run = resolveRun(db, text);
        const top = ranking(db, run.id, limitOf(options));
        show(options, top, () => views.topView(top, objectiveOf(run), outputWidth()));
      }),
    );

  add(
    "workloads",
    "List the best configuration for each workload, including losing ones (runs with islands per workload).",
    "workloads --json",
  )
    .argument("[run]", RUN)
    .option("--samples", "with --json: include every timed batch")
    .action((text: string | undefined, options: ReadOptions & { samples?: boolean }) =>
      reading(options, ({ db }) => workloads(db, text, options)),
    );

  add("show", "Show everything about one candidate: its origin, its times and its attempts.", "show 2/7/3")
    .argument("[candidate]", CANDIDATE)
    .option("--source", "include the complete code it was compiled from (runs with --evolve source)")
    .action((text: string | undefined, options: ReadOptions & { readonly source?: boolean }) =>
      reading(options, ({ db, path }) => {
        const row = resolveCandidate(db, text);
        const details = detailsOf(db, row);
        const source = options.source === true ? codeTextOf(db, row) : null;
        if (options.source === true && source === null) {
          throw new UserError(`${row.id} has the kernel's own source: in its run only configurations evolve.`, 2);
        }
        const origin = originOf(path, resolveRun(db, details.run).kernelHash);
        if (options.json) printJson({ ...details, origin, ...(source !== null && { source_text: source }) });
        else {
          const parts = [detailsView(details, colours()), ...(origin === null ? [] : [originView(origin)])];
          print([...parts, ...(source === null ? [] : [codeText(source)])].join("\n\n"));
        }
      }),
    );

  for (const [name, relatives, who] of [
    ["ancestors", ancestorsOf, "List the ancestors of a candidate"],
    ["descendants", descendantsOf, "List the descendants of a candidate"],
  ] as const) {
    add(name, `${who}, nearest first, across islands.`, `${name} 2/7/3 --depth 3`)
      .argument("[candidate]", CANDIDATE)
      .option("--depth <n>", "maximum number of generations")
      .option("--limit <n>", "maximum number of rows, nearest first", "50")
      .action((text: string | undefined, options: LimitedOptions & { depth?: string }) =>
        reading(options, ({ db }) => descent(db, text, options, relatives)),
      );
  }

  add("diff", "Compare two candidates: parameters, evolved code and times.", "diff 0/0/0 2/7/3")
    .argument("<a>", CANDIDATE)
    .argument("<b>", "the other candidate")
    .action((a: string, b: string, options: ReadOptions) =>
      reading(options, ({ db }) => {
        const difference = differenceOf(db, resolveCandidate(db, a), resolveCandidate(db, b));
        if (options.json) printJson(difference);
        else print(differenceView(difference, colours()));
      }),
    );

  add("islands", "Show how each island performed.", "islands")
    .argument("[run]", RUN)
    .action((text: string | undefined, options: ReadOptions) =>
      reading(options, ({ db }) => {
        const run = resolveRun(db, text);
        const rows = islandsOf(db, run.id);
        show(options, rows, () => views.islandsView(rows, objectiveOf(run)));
      }),
    );

  add("migrations", "List the elites that other islands adopted, latest last.", "migrations --limit 20")
    .argument("[run]", RUN)
    .option("--limit <n>", "maximum number of rows, latest kept", "50")
    .action((text: string | undefined, options: LimitedOptions) =>
      reading(options, ({ db }) => {
        const run = resolveRun(db, text);
        const { rows, total } = migrationsOf(db, run.id, limitOf(options));
        show(options, rows, () => views.migrationsView(rows, objectiveOf(run)));
        if (rows.length < total) hint(`The latest ${rows.length} of ${total}; see more with --limit ${total}.`);
      }),
    );

  add("failures", "List failures, grouped by outcome and message, with examples.", "failures --json")
    .argument("[run]", RUN)
    .action((text: string | undefined, options: ReadOptions) =>
      reading(options, ({ db, path }) => {
        const run = resolveRun(db, text);
        const groups = failuresOf(db, run.id);
        if (groups.length === 0 && !options.json) return print(`Nothing failed in run ${run.id}.`);
        show(options, groups, () => views.failuresView(groups, outputWidth()));
        if (!options.json) hint(`The whole message: ${commandFor(`lineage show ${groups[0]?.examples[0]}`, path)}`);
      }),
    );

  add("spend", "Show dollars and device-seconds, and the cost of each per cent of speedup.", "spend --all")
    .argument("[run]", RUN)
    .option("--all", "list all runs, one row each")
    .action((text: string | undefined, options: ReadOptions & { readonly all?: boolean }) =>
      reading(options, ({ db }) => {
        if (options.all === true) {
          if (text !== undefined) throw new UserError(`--all shows every run: leave out ${text}, or --all.`, 2);
          const spends = spendOfRuns(db);
          return show(options, spends, () => views.spendOfRunsView(spends));
        }
        const spend = spendOf(db, resolveRun(db, text).id);
        show(options, spend, () => views.spendView(spend));
        if (options.json || spend.models.length === 0) return;
        const tables = [
          views.modelsView(spend),
          views.sharesView("proposer", spend.proposers),
          views.sharesView("island", spend.islands),
        ];
        for (const { columns, rows } of tables) {
          print("");
          printTable(columns, rows);
        }
      }),
    );

  add(
    "sql",
    "Run a SELECT statement on a read-only connection.",
    `sql "select outcome, count(*) from evaluations group by 1"`,
  )
    .argument(
      "<query>",
      "a SELECT statement on the tables of coordinator/lineage/schema.ts and coordinator/lineage/research/schema.ts",
    )
    .option("--limit <n>", "maximum number of rows", "1000")
    .action((text: string, options: LimitedOptions) => reading(options, (open) => sql(open, text, options)));

  return withHelp(lineage, { examples: ["coordinator lineage best", "coordinator lineage show 2/7/3"] });
}

function best(db: LineageDatabase, text: string | undefined, options: ReadOptions): void {
  const run = resolveRun(db, text);
  const ranked = bestOf(db, run.id);
  if (ranked === null) {
    throw new UserError(
      `Run ${run.id} has measured nothing yet, so there is no best. What failed: coordinator lineage failures ${run.id}`,
    );
  }
  const found = {
    run: run.id,
    ...ranked,
    workloads: winnersTimes(db, run.id),
    best_by_workload: Object.fromEntries(bestByWorkload(db, run.id)),
    best_by_device: Object.fromEntries(bestByDevice(db, run.id)),
    failed_finalists: failedFinalists(db, run.id),
  };
  if (options.json) printJson(found);
  else print(bestView(found, colours()));
}

function workloads(db: LineageDatabase, text: string | undefined, options: ReadOptions & { samples?: boolean }): void {
  if (options.samples === true && options.json !== true) {
    throw new UserError("--samples has more than a table can show: it needs --json.", 2);
  }
  const run = resolveRun(db, text);
  const cells = cellsOf(db, run.id, { samples: options.samples === true });
  if (cells === null) {
    throw new UserError(
      `Run ${run.id} has one winner for all its workloads: coordinator lineage best ${run.id}. Each has its own with --per-workload, or where --workload is a pattern.`,
    );
  }
  if (options.json) printJson(cells);
  else print(`${cellSummary(cells)}\n\n${cellTable(cells, null, colours())}`);
}

function descent(
  db: LineageDatabase,
  text: string | undefined,
  options: LimitedOptions & { depth?: string },
  relatives: (db: LineageDatabase, candidate: string) => Relative[],
): void {
  const candidate = resolveCandidate(db, text);
  const depth = options.depth === undefined ? Number.POSITIVE_INFINITY : atLeastOne(options.depth, "--depth");
  const all = relatives(db, candidate.id).filter((relative) => relative.depth <= depth);
  const rows = all.slice(0, limitOf(options));
  const run = resolveRun(db, candidate.run);
  if (!options.json && all.length === 0) print(`${candidate.id} has none; it was proposed by ${candidate.proposer}.`);
  else show(options, rows, () => views.descentView(rows, objectiveOf(run), outputWidth()));
  if (rows.length < all.length)
    hint(`The nearest ${rows.length} of ${all.length}; see more with --limit ${all.length}.`);
}

function sql({ sqlite, path }: ReadOnlyLineage, text: string, options: LimitedOptions): void {
  const research = researchPath(path);
  // On a connection that cannot write, neither can what is attached to it.
  if (existsSync(research)) sqlite.prepare("attach ? as research").run(research);
  const { columns, rows, more } = query(sqlite, text, limitOf(options));
  if (options.json) printJson(rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
  else {
    printTable(
      columns.map((head, i) => (rows.every((row) => typeof row[i] === "number") ? { head, align: "right" } : { head })),
      rows.map((row) => row.map(views.sqlCell)),
    );
  }
  if (more) hint(`Only the first ${rows.length} rows; see more with --limit N.`);
}

function reading(options: ReadOptions, work: (open: ReadOnlyLineage) => void): void {
  const open = openReadOnly(options.db);
  try {
    work(open);
  } finally {
    open.close();
  }
}

function show(options: ReadOptions, json: unknown, view: () => views.TableView): void {
  if (options.json) {
    printJson(json);
    return;
  }
  const { columns, rows } = view();
  printTable(columns, rows);
}

function colours() {
  return { colours: wantsColours(process.stdout) };
}

function objectiveOf(run: Run): "speedup" | "time" {
  return run.backend === "replay" ? "time" : "speedup";
}

function limitOf({ limit }: LimitedOptions): number {
  return atLeastOne(limit, "--limit");
}

function atLeastOne(text: string, option: string): number {
  return parseInteger(text, option, { min: 1 });
}
