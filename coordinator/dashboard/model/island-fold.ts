/**
 * The islands of a run, folded from its candidates as the islands themselves fold their logs: the population by the same
 * code, so that its diversity and its restarts are those that the search had.
 */
import { STAGNATION, SURVIVORS } from "@kevo/island-worker/evolution/island.ts";
import { admit, diversity, type Member } from "@kevo/island-worker/evolution/population/population.ts";
import { Growing } from "./growing.ts";
import type { RunTable } from "./run-table.ts";
import type { RunView } from "./run-view.ts";

/** Results without a better one from which on a stagnation is shown. */
const SHOWN_STAGNATION = STAGNATION / 2;
/** Diversity of a population costs 280 comparisons: so often along an island, and for its latest batch. */
const DIVERSITY_POINTS = 800;

/** Batches as columns of equal length. NaN: nothing was measured, or not looked at. */
interface BatchColumns {
  readonly batch: Growing<Uint32Array>;
  readonly candidates: Growing<Uint32Array>;
  readonly failed: Growing<Uint32Array>;
  readonly bestSoFar: Growing<Float64Array>;
  readonly diversity: Growing<Float64Array>;
}

export interface FoldedIsland {
  readonly batches: BatchColumns;
  /** Measured results: index of the batch among `batches`, and fitness. */
  readonly results: { readonly at: Growing<Uint32Array>; readonly fitness: Growing<Float64Array> };
  readonly stagnations: { from: number; to: number | null }[];
  readonly restarts: number[];
  candidates: number;
  evaluated: number;
  ok: number;
  cached: number;
  outstanding: number;
  /** Row of its best; -1 while nothing was measured. */
  best: number;
  /** Migrants that became its best. */
  readonly leaders: Set<number>;
}

interface Folding extends FoldedIsland {
  population: readonly Member[];
  stagnant: number;
  /** Results since the last better one, restarts or not. */
  fruitless: number;
  /** Batch of the last better one. */
  since: number;
}

const latest = new WeakMap<RunTable, { readonly key: string; readonly islands: FoldedIsland[] }>();

/** The latest fold of each run is kept: several pages ask for it at once. */
export function foldIslands(view: RunView, islands: number): FoldedIsland[] {
  const key = `${view.at} ${view.size}`;
  const known = latest.get(view.table);
  if (known?.key === key) return known.islands;
  const folded = fold(view, islands);
  latest.set(view.table, { key, islands: folded });
  return folded;
}

function fold(view: RunView, islands: number): FoldedIsland[] {
  const { table } = view;
  const folded = Array.from({ length: islands }, openFolding);
  const twins = new Map<number, number[]>();
  let row = 0;
  const accept = () => {
    const island = folded[table.island.get(row)];
    if (island !== undefined) take(island, table, row);
    const answer = table.answer.get(row);
    if (answer !== row && island !== undefined) {
      const evaluation = table.evaluation.get(answer);
      if (evaluation > 0 && evaluation <= table.acceptedAt.get(row)) settle(island, view, row);
      else twins.set(answer, [...(twins.get(answer) ?? []), row]);
    }
    row++;
  };
  for (let n = 0; n < view.at; n++) {
    while (row < view.size && table.acceptedAt.get(row) <= n) accept();
    const counted = table.counted.get(n);
    for (const one of [counted, ...(twins.get(counted) ?? [])]) {
      const island = folded[table.island.get(one)];
      if (island !== undefined) settle(island, view, one);
    }
    twins.delete(counted);
  }
  while (row < view.size) accept();
  for (const island of folded) {
    const last = island.batches.batch.length - 1;
    if (last >= 0 && island.population.length > 0) island.batches.diversity.set(last, diversity(island.population));
    if (island.fruitless >= SHOWN_STAGNATION) island.stagnations.push({ from: island.since, to: null });
  }
  return folded;
}

function openFolding(): Folding {
  return {
    batches: {
      batch: new Growing(Uint32Array),
      candidates: new Growing(Uint32Array),
      failed: new Growing(Uint32Array),
      bestSoFar: new Growing(Float64Array),
      diversity: new Growing(Float64Array),
    },
    results: { at: new Growing(Uint32Array), fitness: new Growing(Float64Array) },
    ...{ stagnations: [], restarts: [], leaders: new Set<number>(), population: [] },
    ...{ candidates: 0, evaluated: 0, ok: 0, cached: 0, outstanding: 0, best: -1, stagnant: 0, fruitless: 0, since: 0 },
  };
}

function take(island: Folding, table: RunTable, row: number): void {
  const { batches, population } = island;
  const last = batches.batch.length - 1;
  const batch = table.batch.get(row);
  if (last < 0 || batches.batch.get(last) !== batch) {
    const stride = Math.ceil((last + 2) / DIVERSITY_POINTS);
    if (last >= 0 && last % stride === 0 && population.length > 0) batches.diversity.set(last, diversity(population));
    batches.batch.push(batch);
    batches.candidates.push(0);
    batches.failed.push(0);
    batches.bestSoFar.push(population[0]?.fitness ?? Number.NaN);
    batches.diversity.push(Number.NaN);
  }
  increment(batches.candidates, batches.batch.length - 1);
  island.candidates++;
  island.outstanding++;
  if (table.answer.get(row) !== row) island.cached++;
}

function settle(island: Folding, { table }: RunView, row: number): void {
  const { batches, results } = island;
  const result = table.answer.get(row);
  const fitness = table.fitness.get(result);
  const own = result === row;
  island.outstanding--;
  if (own) island.evaluated++;
  const at = placeOf(island, table.batch.get(row));
  if (Number.isNaN(fitness)) {
    if (at >= 0) increment(batches.failed, at);
    fruitless(island);
  } else {
    if (own) island.ok++;
    if (at >= 0) {
      results.at.push(at);
      results.fitness.push(fitness);
    }
    enter(island, table, row, fitness);
  }
  batches.bestSoFar.set(batches.batch.length - 1, island.population[0]?.fitness ?? Number.NaN);
}

function enter(island: Folding, table: RunTable, row: number, fitness: number): void {
  const before = island.population[0]?.fitness ?? Number.NEGATIVE_INFINITY;
  const result = table.answer.get(row);
  const genes = table.parameters.map(({ at }) => at.get(row));
  // Within an island candidates of one genome have one result.
  island.population = admit(island.population, { candidate: "", genome: String(result), genes, source: null, fitness });
  if (fitness <= before) {
    fruitless(island);
    return;
  }
  const batch = latestBatch(island);
  if (island.fruitless >= SHOWN_STAGNATION) island.stagnations.push({ from: island.since, to: batch });
  Object.assign(island, { best: row, stagnant: 0, fruitless: 0, since: batch });
  if (table.origins.has(row)) island.leaders.add(row);
}

/** A failed result is one without a better candidate too. */
function fruitless(island: Folding): void {
  island.fruitless++;
  island.stagnant++;
  if (island.stagnant < STAGNATION) return;
  island.population = island.population.slice(0, SURVIVORS);
  island.stagnant = 0;
  island.restarts.push(latestBatch(island) + 1);
}

function latestBatch({ batches: { batch } }: FoldedIsland): number {
  return batch.length === 0 ? 0 : batch.get(batch.length - 1);
}

/** Index of a batch among those so far: results come late, but seldom by many batches. -1 for an unknown one. */
function placeOf({ batches: { batch } }: FoldedIsland, wanted: number): number {
  for (let at = batch.length - 1; at >= 0 && batch.get(at) >= wanted; at--) if (batch.get(at) === wanted) return at;
  return -1;
}

function increment(column: Growing<Uint32Array>, at: number): void {
  column.set(at, column.get(at) + 1);
}
