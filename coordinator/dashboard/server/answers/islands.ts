/** `runs/:run/islands`, `runs/:run/migrations`. */
import { STAGNATION, SURVIVORS } from "@kevo/island-worker/evolution/island.ts";
import { neighboursOf } from "@kevo/island-worker/evolution/topology.ts";
import { describeNiche } from "../../../lineage/queries/niches.ts";
import type { Island, IslandsAnswer, Migration, MigrationsAnswer, Strip } from "../../contract/islands.ts";
import { type FoldedIsland, foldIslands } from "../../model/island-fold.ts";
import { bestAt } from "../read/best.ts";
import type { Context } from "./context.ts";

const MAX_ROWS = 400;
const MAX_MIGRATIONS = 2_000;
const METHOD = `Diversity is the mean share of parameters in which two members of the population differ. After ${STAGNATION} results without a better one the population is reduced to its ${SURVIVORS} best.`;

export function islandsAnswer(context: Context): IslandsAnswer {
  const { reader, run, view, about } = context;
  const { spec } = run;
  const folded = foldIslands(view, spec.islands.length);
  const rows = reader.lineage.sqlite
    .prepare("select worker, exhausted from islands where run = ? order by island")
    .all(run.run) as { worker: string | null; exhausted: number }[];
  const migrations = countMigrations(context);
  return {
    about,
    islands: spec.islands.map(({ index, niche }): Island => {
      const island = folded[index] as FoldedIsland;
      const { candidates, evaluated, ok, cached, outstanding, stagnations, restarts } = island;
      const { batch } = island.batches;
      const own = migrations.filter(({ from, to }) => from === index || to === index);
      return {
        island: index,
        niche: describeNiche(niche),
        workloads: niche.workloads ?? spec.workloads,
        device: niche.device,
        worker: view.now && about.live ? (rows[index]?.worker ?? null) : null,
        batches: batch.length === 0 ? 0 : batch.get(batch.length - 1) + 1,
        ...{ candidates, evaluated, ok, cached, outstanding, stagnations, restarts },
        exhausted: view.now && rows[index]?.exhausted === 1,
        migrants_in: own.reduce((sum, { to, n }) => sum + (to === index ? n : 0), 0),
        migrants_out: own.reduce((sum, { from, n }) => sum + (from === index ? n : 0), 0),
        best: island.best < 0 ? null : bestAt(reader, run, view, island.best),
        strip: stripOf(island, (fitness) => run.values.of(fitness)),
      };
    }),
    topology: spec.topology,
    edges: edgesOf(context, migrations),
    method: METHOD,
  };
}

function stripOf({ batches, results }: FoldedIsland, worthOf: (fitness: number) => number | null): Strip {
  const strip: Strip = {
    ...{ batch: [], best: [], median: [], worst: [], best_so_far: [], diversity: [], candidates: [], failed: [] },
  };
  const length = batches.batch.length;
  const width = Math.max(1, Math.ceil(length / MAX_ROWS));
  const fitness: number[][] = Array.from({ length: Math.ceil(length / width) }, () => []);
  for (let at = 0; at < results.at.length; at++) {
    fitness[Math.floor(results.at.get(at) / width)]?.push(results.fitness.get(at));
  }
  for (const [row, own] of fitness.entries()) {
    own.sort((a, b) => b - a);
    const [from, to] = [row * width, Math.min(length, (row + 1) * width)];
    let [candidates, failed, diversity] = [0, 0, Number.NaN];
    for (let at = from; at < to; at++) {
      candidates += batches.candidates.get(at);
      failed += batches.failed.get(at);
      if (!Number.isNaN(batches.diversity.get(at))) diversity = batches.diversity.get(at);
    }
    strip.batch.push(batches.batch.get(from));
    strip.best.push(worthOf(own[0] ?? Number.NaN));
    strip.median.push(worthOf(own[own.length >> 1] ?? Number.NaN));
    strip.worst.push(worthOf(own.at(-1) ?? Number.NaN));
    strip.best_so_far.push(worthOf(batches.bestSoFar.get(to - 1)));
    strip.diversity.push(Number.isNaN(diversity) ? null : diversity);
    strip.candidates.push(candidates);
    strip.failed.push(failed);
  }
  return strip;
}

interface Count {
  readonly from: number;
  readonly to: number;
  n: number;
}

function countMigrations({ view }: Context): Count[] {
  const counts = new Map<string, Count>();
  for (const [row, origin] of view.table.origins) {
    if (row >= view.size) continue;
    const [from, to] = [islandOf(origin), view.table.island.get(row)];
    const key = `${from} ${to}`;
    const count = counts.get(key) ?? { from, to, n: 0 };
    count.n++;
    counts.set(key, count);
  }
  return [...counts.values()];
}

function edgesOf({ run }: Context, counts: readonly Count[]): IslandsAnswer["edges"] {
  const { topology, islands, migrants, seed } = run.spec;
  const planned =
    topology === "random" || migrants === 0
      ? []
      : islands.flatMap(({ index }) =>
          neighboursOf(topology, islands.length, index, 1, seed).map((from) => ({ from, to: index })),
        );
  const all = new Map(planned.map(({ from, to }) => [`${from} ${to}`, { from, to, migrations: 0 }]));
  for (const { from, to, n } of counts) all.set(`${from} ${to}`, { from, to, migrations: n });
  return [...all.values()].sort((a, b) => a.from - b.from || a.to - b.to);
}

export function migrationsAnswer({ reader, run, view, about }: Context): MigrationsAnswer {
  const { table } = view;
  const all = [...table.origins].filter(([row]) => row < view.size);
  const leaders = new Set(foldIslands(view, run.spec.islands.length).flatMap((island) => [...island.leaders]));
  const children = reader.lineage.sqlite.prepare("select count(*) from parents where parent = ?").pluck();
  const migrations = all.slice(-MAX_MIGRATIONS).map(
    ([row, origin]): Migration => ({
      candidate: table.idOf(row),
      origin,
      from: islandOf(origin),
      to: table.island.get(row),
      batch: table.batch.get(row),
      at: table.createdAt.get(row),
      evaluation: table.acceptedAt.get(row),
      outcome: view.outcomeOf(row),
      value: run.values.of(view.fitnessOf(row)),
      led: leaders.has(row),
      children: children.get(table.idOf(row)) as number,
    }),
  );
  return { about, total: all.length, migrations };
}

function islandOf(candidate: string): number {
  return Number(candidate.split("/").at(-3));
}
