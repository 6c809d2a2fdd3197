/**
 * The islands of a run, folded from its candidates as the islands themselves fold their logs: the population by the same
 * code, so that its diversity and its restarts are those that the search had.
 */
import { STAGNATION, SURVIVORS } from "@kevo/island-worker/evolution/island.ts";
import { admit, diversity, type Member } from "@kevo/island-worker/evolution/population/population.ts";
import type { RunTable } from "./run-table.ts";
import type { RunView } from "./run-view.ts";

/** Results without a better one from which on a stagnation is shown. */
const SHOWN_STAGNATION = STAGNATION / 2;

export interface BatchState {
  readonly batch: number;
  candidates: number;
  failed: number;
  /** Fitness of those that were measured. */
  readonly fitness: number[];
  /** After its last result so far. */
  bestSoFar: number;
  diversity: number;
}

export interface FoldedIsland {
  readonly batches: BatchState[];
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

/** Diversity of a population costs 280 comparisons: so often along an island, and for its latest batch. */
const DIVERSITY_POINTS = 800;

export function foldIslands(view: RunView, islands: number): FoldedIsland[] {
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
    const last = island.batches.at(-1);
    if (last !== undefined && island.population.length > 0) last.diversity = diversity(island.population);
    if (island.fruitless >= SHOWN_STAGNATION) island.stagnations.push({ from: island.since, to: null });
  }
  return folded;
}

function openFolding(): Folding {
  return {
    ...{ batches: [], stagnations: [], restarts: [], leaders: new Set<number>(), population: [] },
    ...{ candidates: 0, evaluated: 0, ok: 0, cached: 0, outstanding: 0, best: -1, stagnant: 0, fruitless: 0, since: 0 },
  };
}

function take(island: Folding, table: RunTable, row: number): void {
  const batch = table.batch.get(row);
  const last = island.batches.at(-1);
  if (last === undefined || last.batch !== batch) {
    const stride = Math.ceil((island.batches.length + 1) / DIVERSITY_POINTS);
    if (last !== undefined && last.batch % stride === 0 && island.population.length > 0)
      last.diversity = diversity(island.population);
    const bestSoFar = last?.bestSoFar ?? Number.NaN;
    island.batches.push({ batch, candidates: 0, failed: 0, fitness: [], bestSoFar, diversity: Number.NaN });
  }
  (island.batches.at(-1) as BatchState).candidates++;
  island.candidates++;
  island.outstanding++;
  if (table.answer.get(row) !== row) island.cached++;
}

function settle(island: Folding, view: RunView, row: number): void {
  const { table } = view;
  const result = table.answer.get(row);
  const fitness = table.fitness.get(result);
  const own = result === row;
  island.outstanding--;
  if (own) island.evaluated++;
  const batch = batchOf(island, table.batch.get(row));
  if (Number.isNaN(fitness)) {
    if (batch !== undefined) batch.failed++;
    fruitless(island);
  } else {
    if (own) island.ok++;
    batch?.fitness.push(fitness);
    enter(island, table, row, fitness);
  }
  const last = island.batches.at(-1);
  if (last !== undefined) last.bestSoFar = island.population[0]?.fitness ?? Number.NaN;
}

function enter(island: Folding, table: RunTable, row: number, fitness: number): void {
  const before = island.population[0]?.fitness ?? Number.NEGATIVE_INFINITY;
  const result = table.answer.get(row);
  const genes = table.parameters.map(({ at }) => at.get(row));
  // Within an island candidates of one genome have one result.
  island.population = admit(island.population, { candidate: "", genome: String(result), genes, source: null, fitness });
  if (fitness > before) {
    const batch = latestBatch(island);
    if (island.fruitless >= SHOWN_STAGNATION) island.stagnations.push({ from: island.since, to: batch });
    Object.assign(island, { best: row, stagnant: 0, fruitless: 0, since: batch });
    if (table.origins.has(row)) island.leaders.add(row);
    return;
  }
  fruitless(island);
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

function latestBatch({ batches }: FoldedIsland): number {
  return batches.at(-1)?.batch ?? 0;
}

/** Results come late, but seldom by many batches. */
function batchOf({ batches }: FoldedIsland, batch: number): BatchState | undefined {
  for (let at = batches.length - 1; at >= 0; at--) {
    const found = batches[at] as BatchState;
    if (found.batch === batch) return found;
    if (found.batch < batch) return undefined;
  }
  return undefined;
}
