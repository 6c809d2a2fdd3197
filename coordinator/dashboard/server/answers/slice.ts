/** `runs/:run/landscape/slice`. */
import type { ParamValue } from "@kevo/proto/search-space.ts";
import type { z } from "zod";
import { MAX_POINTS } from "../../contract/common.ts";
import type { SliceAnswer, sliceQuery } from "../../contract/landscape.ts";
import { type Belief, believed } from "../../model/believed.ts";
import { islandsAlike, measuredRows } from "../../model/landscape-rows.ts";
import { type SortedParameter, sortedParameters, textOf } from "../../model/parameters.ts";
import { evenly } from "../../model/thin.ts";
import { Kept } from "../read/kept.ts";
import type { IsValid } from "../read/search-space.ts";
import { Refusal } from "../refusal.ts";
import type { Context } from "./context.ts";

const MIN_SAMPLES = 8;
/** Values along an axis; a longer parameter is shown at so many of them. */
const MAX_ALONG = 48;
const METHOD =
  "The surrogate of the search (a Gaussian process with the same covariance and priors), fitted to at most 250 measured candidates of these islands: the best, and a draw of the rest. The band is where the value is believed to be with 95 %.";
const VALID = "Configurations that the search space excludes are left out.";
const UNKNOWN = "The run's search space is not known here, so values that it excludes are shown too.";

const kept = new Kept<Belief>(3);

/** @param isValid null where the search space is not known */
export function sliceAnswer(
  context: Context,
  query: z.output<typeof sliceQuery>,
  isValid: IsValid | null,
): SliceAnswer {
  const { run, view, about } = context;
  const { table } = view;
  const islands = islandsAlike(run.spec, query.island);
  const rows = measuredRows(view, islands);
  if (rows.length < MIN_SAMPLES) {
    throw new Refusal("refused", `${rows.length} candidates are measured; a slice needs ${MIN_SAMPLES}.`);
  }
  const parameters = sortedParameters(table);
  const axes = [query.x, query.y].flatMap((name) => (name === undefined ? [] : [axisOf(parameters, name)]));
  const [x, y] = axes as [Axis, Axis | undefined];
  if (x.at === y?.at) throw new Refusal("invalid", "x and y are the same parameter.");
  const best = rows.reduce((leader, row) => (table.fitness.get(row) > table.fitness.get(leader) ? row : leader));
  const belief = kept.get(`${run.run} ${islands.join()} ${rows.length} ${table.size}`, () =>
    believed(view, rows, parameters, run.run),
  );
  const at = belief.open();
  const base = parameters.map(({ column, rank }) => rank[column.at.get(best)] ?? 0);
  const config = table.configOf(best);
  const grid = (y?.ranks ?? [null]).map((own) =>
    x.ranks.map((rank) => {
      const chosen = [settingOf(x, rank), ...(own === null || y === undefined ? [] : [settingOf(y, own)])];
      if (isValid?.({ ...config, ...Object.fromEntries(chosen) }) === false) return NONE;
      const ranks = base.with(x.at, rank);
      const { mean, low, high } = at(own === null || y === undefined ? ranks : ranks.with(y.at, own));
      const bounds = [run.values.of(low) as number, run.values.of(high) as number].sort((a, b) => a - b);
      return { mean: run.values.of(mean), low: bounds[0] as number, high: bounds[1] as number };
    }),
  );
  return {
    about,
    base: { candidate: table.idOf(best), config },
    x: describe(x),
    y: y === undefined ? null : describe(y),
    mean: grid.map((row) => row.map(({ mean }) => mean)),
    low: grid.map((row) => row.map(({ low }) => low)),
    high: grid.map((row) => row.map(({ high }) => high)),
    measured: measuredOn(context, rows, parameters, best, [x, y]),
    method: `${METHOD} ${isValid === null ? UNKNOWN : VALID}`,
    samples: belief.samples,
  };
}

/** Where no candidate can be, there is nothing to believe. */
const NONE = { mean: null, low: null, high: null };

interface Axis {
  readonly at: number;
  readonly parameter: SortedParameter;
  /** Of the values that are shown. */
  readonly ranks: readonly number[];
}

function axisOf(parameters: readonly SortedParameter[], name: string): Axis {
  const at = parameters.findIndex(({ column }) => column.name === name);
  const parameter = parameters[at];
  if (parameter === undefined) throw new Refusal("invalid", `There is no parameter ${name}.`);
  return { at, parameter, ranks: evenly(parameter.values.length, MAX_ALONG) };
}

const settingOf = ({ parameter: { column, values } }: Axis, rank: number) =>
  [column.name, values[rank] as ParamValue] as const;

function describe({ parameter, ranks }: Axis): { parameter: string; values: string[] } {
  return {
    parameter: parameter.column.name,
    values: ranks.map((rank) => textOf(parameter.values[rank] as (typeof parameter.values)[number])),
  };
}

function measuredOn(
  { run, view }: Context,
  rows: readonly number[],
  parameters: readonly SortedParameter[],
  best: number,
  [x, y]: [Axis, Axis | undefined],
): SliceAnswer["measured"] {
  const { table } = view;
  const others = parameters.filter((_, at) => at !== x.at && at !== y?.at);
  const placeOf = ({ parameter: { column, rank }, ranks }: Axis, row: number) =>
    ranks.indexOf(rank[column.at.get(row)] ?? -1);
  // Those on the slice are what the belief can be held against, so they come first.
  const [on, beside]: [number[], number[]] = [[], []];
  for (const row of rows) {
    if (placeOf(x, row) < 0 || (y !== undefined && placeOf(y, row) < 0)) continue;
    const isOn = others.every(({ column }) => column.at.get(row) === column.at.get(best));
    (isOn ? on : beside).push(row);
  }
  return [...on, ...beside].slice(0, MAX_POINTS).map((row, n) => ({
    candidate: table.idOf(row),
    x: placeOf(x, row),
    y: y === undefined ? 0 : placeOf(y, row),
    value: run.values.of(table.fitness.get(row)) as number,
    on_slice: n < on.length,
  }));
}
