/** `runs/:run/landscape`. */
import { describeNiche } from "../../../lineage/queries/niches.ts";
import { MAX_POINTS } from "../../contract/common.ts";
import type { LandscapeAnswer } from "../../contract/landscape.ts";
import { importanceIn } from "../../model/forest.ts";
import { islandsAlike, measuredRows, modelled, sampleOf } from "../../model/landscape-rows.ts";
import { describeParameter, type SortedParameter, sortedParameters } from "../../model/parameters.ts";
import { Kept } from "../read/kept.ts";
import type { Context } from "./context.ts";

const MAX_SAMPLES = 2_000;
const MIN_SAMPLES = 12;
const MAX_VALUES = 200;
const METHOD = "functional analysis of variance (fANOVA) on a random forest of 24 trees";
const EXPLANATION =
  "Share of the variance of the logarithm of the objective that a parameter explains alone, over all combinations of the values that were seen; bars give the 10th to 90th percentile over the trees. What is missing to 100 % is in interactions. Constraints of the search space are not considered.";

type Importance = LandscapeAnswer["importance"];
const kept = new Kept<Importance>(16);

export function landscapeAnswer(context: Context, island: number | undefined): LandscapeAnswer {
  const { run, view, about } = context;
  const { table } = view;
  const islands = islandsAlike(run.spec, island);
  const rows = measuredRows(view, islands);
  const parameters = sortedParameters(table);
  const best = rows.reduce<number | null>(
    (leader, row) => (leader === null || table.fitness.get(row) > table.fitness.get(leader) ? row : leader),
    null,
  );
  const lines = rows.toSorted((a, b) => table.fitness.get(b) - table.fitness.get(a)).slice(0, MAX_POINTS);
  const niche = run.spec.islands.find(({ index }) => index === islands[0])?.niche;
  return {
    about,
    islands,
    niche: niche === undefined ? "" : describeNiche(niche),
    parameters: parameters.map((parameter) => describeParameter(parameter, MAX_VALUES)),
    importance: importanceOf(context, rows, parameters, islands),
    lines: lines.map((row) => ({
      candidate: table.idOf(row),
      value: run.values.of(table.fitness.get(row)) as number,
      at: parameters.map((parameter) => shownRank(parameter, row)),
    })),
    measured: rows.length,
    best: best === null ? null : { candidate: table.idOf(best), config: table.configOf(best) },
  };
}

/** -1 for a value beyond those that are listed, and where the configuration has none. */
function shownRank({ column, rank }: SortedParameter, row: number): number {
  const found = rank[column.at.get(row)] ?? -1;
  return found < MAX_VALUES ? found : -1;
}

function importanceOf(
  { run, view, about }: Context,
  rows: readonly number[],
  parameters: readonly SortedParameter[],
  islands: readonly number[],
): Importance {
  // While it runs the forest is grown anew when the run is five per cent longer.
  const counted = about.live && view.now ? beginningOf(rows.length) : rows.length;
  const used = sampleOf(view, rows.slice(0, counted), MAX_SAMPLES, `importance/${run.run}`);
  const varied = parameters.filter(({ values }) => values.length > 1);
  const nothing = { interactions: 0, method: METHOD, explanation: EXPLANATION, samples: used.length, r2: null };
  if (used.length < MIN_SAMPLES || varied.length === 0) return { shares: [], ...nothing };
  return kept.get(`${run.run} ${islands.join()} ${counted}`, () => {
    const value = modelled(view, used);
    const { shares, r2 } = importanceIn(
      {
        ranks: used.map((row) => Int32Array.from(varied, ({ column, rank }) => rank[column.at.get(row)] ?? 0)),
        values: Float64Array.from(used, (row) => value.of(row)),
        sizes: varied.map(({ values }) => values.length),
      },
      run.run,
    );
    const named = varied.map(({ column }, at) => {
      const { mean, low, high } = shares[at] as (typeof shares)[number];
      return { parameter: column.name, share: mean, low, high };
    });
    const alone = named.reduce((sum, { share }) => sum + share, 0);
    return {
      ...nothing,
      shares: named.sort((a, b) => b.share - a.share),
      interactions: Math.max(0, 1 - alone),
      r2: r2 === null ? null : Math.min(1, r2),
    };
  });
}

const GROWTH = 1.05;

function beginningOf(count: number): number {
  let size = MIN_SAMPLES;
  while (Math.ceil(size * GROWTH) <= count) size = Math.ceil(size * GROWTH);
  return Math.min(size, count);
}
