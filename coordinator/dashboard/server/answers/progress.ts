/** `runs/:run/progress`, `compare`, `runs/:run/failures`. */
import { OUTCOMES, type Outcome } from "@kevo/proto/outcome.ts";
import type { CompareAnswer, Curve, FailuresAnswer, Improvement, ProgressAnswer } from "../../contract/progress.ts";
import { improvementsOf, lastSteps, type Step, scatterOf } from "../../model/best-curve.ts";
import { groupFailures } from "../../model/failures.ts";
import type { RunView } from "../../model/run-view.ts";
import { controlRunOf } from "../read/control.ts";
import { spentAt } from "../read/dollars.ts";
import { singles } from "../read/measured.ts";
import type { Reader } from "../read/reader.ts";
import { type Context, contextOf } from "./context.ts";

/** Improvements that are given with their intervals. */
const MAX_IMPROVEMENTS = 500;

export function progressAnswer(context: Context): ProgressAnswer {
  const { reader, run, view, about } = context;
  const { table } = view;
  const steps = improvementsOf(view);
  const rows = scatterOf(view);
  const axes = axesOf(context);
  const control = controlRunOf(reader, run);
  return {
    about,
    best: curveOf(context, steps),
    improvements: improvements(context, steps),
    candidates: {
      ...axes(rows),
      value: rows.map((row) => run.values.of(table.fitness.get(row)) as number),
      proposer: rows.map((row) => table.proposer.get(row)),
    },
    proposers: [...table.proposers],
    earned: earnedBy(view, steps),
    baselines: baselineLines(context),
    control: control === null ? null : { ...control, best: curveFor(reader, control.run) },
    sessions: run.sessions.map((session) => ({ ...session, evaluation: countedBy(view, session.from) })),
  };
}

export function compareAnswer(reader: Reader, runs: readonly string[]): CompareAnswer {
  const contexts = runs.map((run) => contextOf(reader, run));
  const objectives = contexts.map(({ about }) => JSON.stringify(about.objective));
  return {
    version: reader.version,
    runs: contexts.map((context) => {
      const steps = improvementsOf(context.view);
      return { about: context.about, best: curveOf(context, steps), improvements: improvements(context, steps) };
    }),
    objective: new Set(objectives).size === 1 ? ((contexts[0] as Context).about.objective ?? null) : null,
  };
}

export function failuresAnswer({ reader, view, about }: Context): FailuresAnswer {
  const failed: number[] = [];
  for (const row of view.counted()) if (view.table.outcomeOf(row) !== "ok") failed.push(row);
  const message = reader.lineage.sqlite.prepare("select message from evaluations where candidate = ?").pluck();
  const messages = failed.map((row) => ({
    candidate: view.table.idOf(row),
    outcome: view.table.outcomeOf(row) as Outcome,
    message: (message.get(view.table.idOf(row)) as string | null) ?? "",
  }));
  return { about, outcomes: view.outcomes(), groups: groupFailures(messages) };
}

function curveFor(reader: Reader, run: string): Curve {
  const context = contextOf(reader, run);
  return curveOf(context, improvementsOf(context.view));
}

/** Ends where the position is, so that a long time without improvement is seen. */
function curveOf(context: Context, all: readonly Step[]): Curve {
  const { run, view } = context;
  const steps = lastSteps(all);
  const axes = axesOf(context)(steps.map(({ row }) => row));
  const value = steps.map(({ fitness }) => run.values.of(fitness) as number);
  const last = value.at(-1);
  if (last === undefined || axes.evaluation.at(-1) === view.at) return { ...axes, value };
  const end = axesOf(context)([view.table.counted.get(view.at - 1)]);
  return {
    evaluation: [...axes.evaluation, ...end.evaluation],
    elapsed_s: [...axes.elapsed_s, ...end.elapsed_s],
    usd: [...axes.usd, ...end.usd],
    value: [...value, last],
  };
}

function axesOf({ reader, run, view }: Context) {
  const { table } = view;
  const clock = run.clock();
  const spent = spentAt(reader, run.run);
  return (rows: readonly number[]) => ({
    evaluation: rows.map((row) => table.evaluation.get(row)),
    elapsed_s: rows.map((row) => clock(table.evaluatedAt.get(row))),
    usd: rows.map((row) => spent(table.evaluatedAt.get(row))),
  });
}

function improvements(context: Context, all: readonly Step[]): Improvement[] {
  const { reader, run, view } = context;
  const { table } = view;
  const steps = all.slice(-MAX_IMPROVEMENTS);
  const measured = singles(
    reader,
    run,
    view,
    steps.map(({ row }) => row),
  );
  const axes = axesOf(context)(steps.map(({ row }) => row));
  return steps.map(({ row, evaluation, fitness, before }, at) => ({
    ...(measured.get(row) ?? { value: run.values.of(fitness) as number, low: null, high: null }),
    candidate: table.idOf(row),
    evaluation,
    elapsed_s: axes.elapsed_s[at] as number,
    usd: axes.usd[at] as number,
    at: table.evaluatedAt.get(row),
    proposer: table.proposerOf(row),
    island: table.island.get(row),
    before: run.values.of(before),
  }));
}

export function earnedBy(view: RunView, steps: readonly Step[]): ProgressAnswer["earned"] {
  const { table } = view;
  const earned = table.proposers.map((proposer) => ({ proposer, evaluations: 0, ok: 0, improvements: 0 }));
  for (const row of view.counted()) {
    const own = earned[table.proposer.get(row)] as (typeof earned)[number];
    own.evaluations++;
    if (table.outcomeOf(row) === OUTCOMES[0]) own.ok++;
  }
  for (const { row } of steps) (earned[table.proposer.get(row)] as (typeof earned)[number]).improvements++;
  return earned.filter(({ evaluations }) => evaluations > 0);
}

/** Speedups that the baselines would have: the fastest one has 1. Geometric means over the best candidate's workloads. */
function baselineLines({ reader, run, view }: Context): ProgressAnswer["baselines"] {
  const best = view.best();
  if (best === null || run.values.objective.against === null) return [];
  const rows = reader.lineage.sqlite
    .prepare("select baseline, baseline_ms, others from measurements where candidate = ? and round = 0")
    .raw()
    .all(view.table.idOf(best)) as [string | null, number | null, string][];
  const logs = new Map<string, number[]>();
  for (const [baseline, ms, others] of rows) {
    if (baseline === null || ms === null) continue;
    const timed = { ...(JSON.parse(others) as Record<string, number>), [baseline]: ms };
    for (const [name, time] of Object.entries(timed)) {
      logs.set(name, [...(logs.get(name) ?? []), Math.log(ms / time)]);
    }
  }
  return [...logs]
    .map(([name, own]) => ({ name, value: Math.exp(own.reduce((sum, log) => sum + log, 0) / own.length) }))
    .sort((a, b) => b.value - a.value);
}

function countedBy({ table, at }: RunView, time: number): number {
  let low = 0;
  let high = at;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table.evaluatedAt.get(table.counted.get(middle)) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
