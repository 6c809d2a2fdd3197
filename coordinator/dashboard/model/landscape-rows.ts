/** Which measured candidates a landscape is made of: values of different niches do not compare. */
import { labelledRandom } from "@kevo/core/random/random.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { RunView } from "./run-view.ts";

/** The islands of one niche: that of the island given, or the one that most islands have. */
export function islandsAlike(spec: Pick<RunSpec, "islands" | "workloads">, island: number | undefined): number[] {
  const groups = [...Map.groupBy(spec.islands, ({ niche }) => nicheKeyOf(spec, niche)).values()];
  const wanted = groups.find((group) => group.some(({ index }) => index === island));
  const [largest] = groups.toSorted((a, b) => b.length - a.length);
  return (wanted ?? largest ?? []).map(({ index }) => index);
}

/** In the order in which they were counted. One that was stopped early was not measured to the end. */
export function measuredRows(view: RunView, islands: readonly number[]): number[] {
  const among = new Set(islands);
  const rows: number[] = [];
  for (const row of view.counted()) {
    if (!among.has(view.table.island.get(row)) || view.table.isStoppedEarly(row)) continue;
    if (!Number.isNaN(view.table.fitness.get(row))) rows.push(row);
  }
  return rows;
}

/** The better half of `most`, and a repeatable draw of the rest; all where there are few. */
export function sampleOf(view: RunView, rows: readonly number[], most: number, label: string): number[] {
  if (rows.length <= most) return [...rows];
  const ranked = rows.toSorted((a, b) => view.table.fitness.get(b) - view.table.fitness.get(a) || a - b);
  const rest = labelledRandom(label).shuffle(ranked.slice(most >> 1));
  return [...ranked.slice(0, most >> 1), ...rest.slice(0, most - (most >> 1))].sort((a, b) => a - b);
}

/** What is modelled: logarithms where all fitness is positive, as the search's surrogate does. Larger is better. */
export function modelled(
  view: RunView,
  rows: readonly number[],
): { of(row: number): number; fitness(value: number): number } {
  const positive = rows.every((row) => view.table.fitness.get(row) > 0);
  return positive
    ? { of: (row) => Math.log(view.table.fitness.get(row)), fitness: Math.exp }
    : { of: (row) => view.table.fitness.get(row), fitness: (value) => value };
}
