/**
 * The context of a model's prompt for an island: its best, a diverse sample, recent failures with the compiler's
 * message, and the latest changes with their results. Chosen here, written out in prompt.ts. Follows from the log
 * alone.
 */
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import type { IslandHistory, Tried } from "./island-history.ts";
import { stepsBetween } from "./repair.ts";

interface Change {
  readonly tried: Tried;
  /** The values of these parameters in its first parent, or in the best before it. */
  readonly from: Config;
  readonly to: Config;
  /** The one that was changed. */
  readonly parent: Tried;
}

export interface PromptContext {
  /** Fastest first. */
  readonly elites: readonly Tried[];
  /** Far from the elites and from each other. */
  readonly sample: readonly Tried[];
  /** Newest first. */
  readonly failures: readonly Tried[];
  /** Newest first. */
  readonly changes: readonly Change[];
}

export interface Sizes {
  readonly elites: number;
  readonly sample: number;
  readonly failures: number;
  readonly changes: number;
}

export const FULL: Sizes = { elites: 6, sample: 8, failures: 5, changes: 10 };
/** The control's prompt contains no measurements. */
export const NOTHING: PromptContext = { elites: [], sample: [], failures: [], changes: [] };

/** Recent results among which changes are looked for. */
const RECENT = 60;
/** A change of more parameters than this teaches little. */
const MAX_CHANGED = 4;
/** Results considered for the sample. */
const POOL = 300;

export function promptContextOf({ space, tried, byId }: IslandHistory, sizes: Sizes): PromptContext {
  const measured = tried.filter(({ result }) => result.fitness !== null);
  const ranked = measured.toSorted((a, b) => (b.result.fitness as number) - (a.result.fitness as number));
  const elites = distinct(space, ranked).slice(0, sizes.elites);
  return {
    elites,
    sample: spread(space, measured.slice(-POOL), elites, sizes.sample),
    failures: tried
      .filter(({ result }) => result.outcome !== "ok")
      .slice(-sizes.failures)
      .toReversed(),
    changes: changesOf(space, tried.slice(-RECENT), byId).slice(0, sizes.changes),
  };
}

/** Farthest first: each next one as far as possible from all chosen before it. */
function spread(space: SearchSpace, pool: readonly Tried[], chosen: readonly Tried[], count: number): Tried[] {
  const distance = pool.map((tried) => nearestSteps(space, tried.genes, chosen));
  const sample: Tried[] = [];
  while (sample.length < count) {
    let at = -1;
    for (let other = 0; other < pool.length; other++) {
      if ((distance[other] as number) > 0 && (at < 0 || (distance[other] as number) > (distance[at] as number))) {
        at = other;
      }
    }
    const next = pool[at];
    if (next === undefined) break;
    sample.push(next);
    for (const [other, tried] of pool.entries()) {
      distance[other] = Math.min(distance[other] as number, stepsBetween(space, tried.genes, next.genes));
    }
  }
  return sample;
}

function nearestSteps(space: SearchSpace, genes: Genes, others: readonly Tried[]): number {
  return others.reduce((least, other) => Math.min(least, stepsBetween(space, genes, other.genes)), 1e9);
}

function changesOf(space: SearchSpace, recent: readonly Tried[], byId: ReadonlyMap<string, Tried>): Change[] {
  const changes: Change[] = [];
  for (const tried of recent.toReversed()) {
    const parent = byId.get(tried.parents[0] ?? "");
    if (parent === undefined || parent.result.fitness === null || parent === tried) continue;
    const names = space.parameters.flatMap(({ name }, at) => (tried.genes[at] === parent.genes[at] ? [] : [name]));
    if (names.length === 0 || names.length > MAX_CHANGED) continue;
    const only = (config: Config) => Object.fromEntries(names.map((name) => [name, config[name]])) as Config;
    changes.push({ tried, from: only(parent.config), to: only(tried.config), parent });
  }
  return changes;
}

function distinct(space: SearchSpace, tried: readonly Tried[]): Tried[] {
  const seen = new Set<number | string>();
  return tried.filter(({ genes }) => {
    const key = space.keyOf(genes);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
