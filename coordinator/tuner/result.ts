/** What a tuned objective comes to. */
import { ownCommand } from "@kevo/core/program/own-command.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { type Direction, isBetter, valueOfFitness } from "@kevo/proto/objective.ts";
import type { ConfigOf, ConfigSpace, OpenedSpace } from "./config-space.ts";
import { OBJECTIVE } from "./definition.ts";
import { evaluationsOf } from "./stored-run.ts";

/** One evaluation of a configuration. */
export interface Evaluation<C> {
  readonly config: C;
  /** Null when it failed. */
  readonly value: number | null;
  /** `ok`, `crashed` (it threw), `incorrect` (NaN or infinity), `invalid` or `timeout`. */
  readonly outcome: string;
  /** What went wrong; for an error its stack. */
  readonly message: string | null;
  /** How long the objective took. */
  readonly seconds: number | null;
  /** Its name in the lineage: `coordinator lineage show CANDIDATE`. */
  readonly candidate: string;
}

export interface TuningResult<C> {
  /** The run's id in the lineage; as `name` it goes on with this run. */
  readonly run: string;
  readonly direction: Direction;
  /** In the order in which they were counted. */
  readonly evaluations: readonly Evaluation<C>[];
  /** The best evaluation, the earliest of equals; null while none has a value. */
  readonly best: Evaluation<C> | null;
  readonly bestConfig: C | null;
  readonly bestValue: number | null;
  /** A command that shows the best again, with what it came from. */
  readonly lineageCommand: string;
}

export function readResult<S extends ConfigSpace>(
  run: string,
  { database, direction, space }: { database: string; direction: Direction; space: OpenedSpace<S> },
): TuningResult<ConfigOf<S>> {
  const objective = { ...OBJECTIVE, direction };
  let best: Evaluation<ConfigOf<S>> | null = null;
  const found = evaluationsOf(database, run).map(({ fitness, config, ...row }): Evaluation<ConfigOf<S>> => {
    const value = fitness === null ? null : valueOfFitness(fitness, objective);
    const one = { ...row, config: space.decode(config), value };
    if (value !== null && (best?.value == null || isBetter(value, best.value, objective))) best = one;
    return one;
  });
  const shown = best as Evaluation<ConfigOf<S>> | null;
  const what = shown === null ? `best ${run}` : `show ${shown.candidate}`;
  return {
    ...{ run, direction, evaluations: found, best: shown },
    ...{ bestConfig: shown?.config ?? null, bestValue: shown?.value ?? null },
    lineageCommand: `${ownCommand("coordinator")} lineage ${what} --db ${shellWord(database)}`,
  };
}
