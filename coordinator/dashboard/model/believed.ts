/**
 * What the search's surrogate believes of configurations: the same Gaussian process with the same covariance and priors,
 * fitted to the measured candidates. The workers' own stays with them, and learns from other islands too.
 */
import type { SpaceParameter } from "@kevo/core/search-space/parameter.ts";
import { openCoordinates } from "@kevo/island-worker/evolution/surrogate/coordinates.ts";
import { openCovariance, sparsePriors } from "@kevo/island-worker/evolution/surrogate/covariance.ts";
import { fitTheta, priorTheta } from "@kevo/island-worker/evolution/surrogate/fit.ts";
import type { Observation } from "@kevo/island-worker/evolution/surrogate/observation.ts";
import { openPosterior } from "@kevo/island-worker/evolution/surrogate/posterior.ts";
import { modelled, sampleOf } from "./landscape-rows.ts";
import { type SortedParameter, textOf } from "./parameters.ts";
import type { RunView } from "./run-view.ts";

const MAX_FITTED = 120;
const MAX_GIVEN = 250;
const ITERATIONS = 30;
/** Of a normal distribution, for 95 %. */
const TWO_SIDED = 1.96;

export interface Belief {
  readonly samples: number;
  /**
   * Of one rank for each parameter: fitness, with the bounds between which it is believed to be. The function is for the
   * points of one slice: it remembers each, and a slice has thousands.
   */
  open(): (ranks: readonly number[]) => { mean: number; low: number; high: number };
}

/** @param rows measured ones, in the order in which they were counted. */
export function believed(
  view: RunView,
  rows: readonly number[],
  parameters: readonly SortedParameter[],
  label: string,
): Belief {
  const coordinates = openCoordinates({
    parameters: parameters.map(spaceParameter),
  });
  const shape = openCovariance(coordinates.list, sparsePriors(coordinates.list));
  const given = sampleOf(view, rows, MAX_GIVEN, `${label}/given`);
  const fitted = sampleOf(view, given, MAX_FITTED, `${label}/fitted`);
  const value = modelled(view, given);
  const observe = (row: number): Observation => {
    const genes = parameters.map(({ column, rank }) => rank[column.at.get(row)] ?? 0);
    // Smaller is better there.
    return { genes, key: row, codes: coordinates.codesOf(genes), value: -value.of(row) };
  };
  const examples = fitted.map(observe);
  const theta = fitTheta(
    shape,
    examples.map(({ codes }) => codes),
    examples.map((example) => example.value as number),
    priorTheta(shape),
    ITERATIONS,
  );
  const observations = given.map(observe);
  return {
    samples: given.length,
    open: () => {
      const posterior = openPosterior(shape, theta).condition(observations);
      return (ranks) => {
        const { mean, variance } = posterior.point(coordinates.codesOf(ranks));
        const spread = TWO_SIDED * posterior.deviation * Math.sqrt(variance);
        const of = (negative: number) => value.fitness(-negative);
        return { mean: of(mean), low: of(mean + spread), high: of(mean - spread) };
      };
    },
  };
}

/** Values in their sorted order; whatever is no number has none that means anything. */
function spaceParameter({ column: { name }, type, values }: SortedParameter): SpaceParameter {
  const ordered = type === "ordinal";
  return {
    ...{ name, ordered, activeWhen: undefined },
    type: ordered ? "ordinal" : "categorical",
    values: ordered ? values : values.map(textOf),
  };
}
