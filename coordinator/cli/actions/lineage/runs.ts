/** The actions of `coordinator lineage` commands about a run. */

import { UserError } from "@kevo/core/errors/user-error.ts";
import { commandFor } from "../../../lineage/command.ts";
import { cellsOf } from "../../../lineage/queries/cells.ts";
import { failuresOf } from "../../../lineage/queries/failures.ts";
import { islandsOf } from "../../../lineage/queries/islands.ts";
import { migrationsOf } from "../../../lineage/queries/migrations.ts";
import { readRanking } from "../../../lineage/queries/ranking.ts";
import { resolveRun } from "../../../lineage/queries/resolve.ts";
import { spendOf, spendOfRuns } from "../../../lineage/queries/spend.ts";
import { cellSummary, cellTable } from "../../../result/cell-table.ts";
import * as views from "../../lineage/row-views.ts";
import { hint, outputWidth, print, printJson, printJsonList, printTable } from "../../output.ts";
import type { ReadOptions } from "../../read-options.ts";
import { colours, type LimitedOptions, limitOf, objectiveOf, reading, show } from "./reading.ts";

export interface WorkloadOptions extends ReadOptions {
  readonly samples?: boolean;
}

export interface SpendOptions extends ReadOptions {
  readonly all?: boolean;
}

export function top(text: string | undefined, options: LimitedOptions): void {
  reading(options, ({ db }) => {
    const run = resolveRun(db, text);
    const top = readRanking(db, run.id, limitOf(options));
    if (options.json) return printJsonList(top);
    show(options, top, () => views.topView(top, objectiveOf(run), outputWidth()));
  });
}

export function workloads(text: string | undefined, options: WorkloadOptions): void {
  reading(options, ({ db, path }) => {
    if (options.samples === true && options.json !== true) {
      throw new UserError("--samples requires --json: a table cannot show every timed batch.", 2);
    }
    const run = resolveRun(db, text);
    const cells = cellsOf(db, run.id, { samples: options.samples === true });
    if (cells === null) {
      throw new UserError(
        `Run ${run.id} has one winner for all its workloads; see it with: ${commandFor(`lineage best ${run.id}`, path)}. To find one for each workload, start a run with --per-workload or with a pattern as --workload.`,
      );
    }
    if (options.json) printJson(cells);
    else print(`${cellSummary(cells)}\n\n${cellTable(cells, null, colours())}`);
  });
}

export function islands(text: string | undefined, options: ReadOptions): void {
  reading(options, ({ db }) => {
    const run = resolveRun(db, text);
    const rows = islandsOf(db, run.id);
    show(options, rows, () => views.islandsView(rows, objectiveOf(run)));
  });
}

export function migrations(text: string | undefined, options: LimitedOptions): void {
  reading(options, ({ db }) => {
    const run = resolveRun(db, text);
    const { rows, total } = migrationsOf(db, run.id, limitOf(options));
    show(options, rows, () => views.migrationsView(rows, objectiveOf(run)));
    if (rows.length < total) hint(`Showing the latest ${rows.length} of ${total}; show all with --limit ${total}.`);
  });
}

export function failures(text: string | undefined, options: ReadOptions): void {
  reading(options, ({ db, path }) => {
    const run = resolveRun(db, text);
    const groups = failuresOf(db, run.id);
    if (groups.length === 0 && !options.json) return print(`Nothing failed in run ${run.id}.`);
    show(options, groups, () => views.failuresView(groups, outputWidth()));
    if (!options.json) hint(`To see the whole message: ${commandFor(`lineage show ${groups[0]?.examples[0]}`, path)}`);
  });
}

export function spend(text: string | undefined, options: SpendOptions): void {
  reading(options, ({ db }) => {
    if (options.all === true) {
      if (text !== undefined) throw new UserError(`--all lists every run. Omit either --all or ${text}.`, 2);
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
  });
}
