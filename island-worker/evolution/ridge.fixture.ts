/** For tests: a small run whose results are known by arithmetic, and logs as a coordinator would write them. */
import { genomeHash } from "@kevo/core/search-space/genome.ts";
import { openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { AskedEntry, EvaluatedEntry, OpenedEntry, Proposal } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { applyKnowledge, type Knowledge } from "./knowledge.ts";

export { specOf } from "@kevo/proto/run.fixture.ts";

export const ridge: SearchSpace = openSpace({
  parameters: [
    { name: "BLOCK", type: "ordinal", values: [1, 2, 4, 8, 16, 32, 64] },
    { name: "TILE", type: "ordinal", values: [1, 2, 3, 4, 5, 6, 8] },
    { name: "STAGES", type: "integer", min: 1, max: 5, step: 1 },
    { name: "LAYOUT", type: "categorical", values: ["rows", "columns", "tiles"] },
    { name: "FAST", type: "boolean" },
    { name: "ORDER", type: "permutation", items: ["i", "j", "k"] },
  ],
  constraints: ["BLOCK * TILE <= 256", 'LAYOUT != "tiles" or BLOCK >= 4'],
});

/** Milliseconds; null for a failure. Its minimum is 1: BLOCK 16, TILE 4, STAGES 3, tiles, FAST, k first. */
export function ridgeTime(config: Config): number | null {
  const [block, tile, stages] = [config.BLOCK, config.TILE, config.STAGES] as [number, number, number];
  if (stages * block > 128) return null;
  const steps = Math.abs(Math.log2(block) - 4) + Math.abs(tile - 4) / 2 + Math.abs(stages - 3) / 2;
  const layout = { tiles: 0, rows: 0.3, columns: 0.8 }[config.LAYOUT as string] as number;
  return Math.exp(0.4 * steps + layout + (config.FAST ? 0 : 0.2) + ((config.ORDER as string[])[0] === "k" ? 0 : 0.3));
}

const head = (spec: RunSpec, island: number, n: number) => ({ v: WIRE_VERSION, run: spec.run, island, n }) as const;

export function openedEntry(spec: RunSpec, island: number): OpenedEntry {
  return { ...head(spec, island, 0), type: "opened", spec };
}

export function askedEntry(spec: RunSpec, island: number, n: number, k: number, proposals: Proposal[]): AskedEntry {
  const candidates = proposals.map((proposal, index) => ({
    ...proposal,
    id: `${spec.run}/${island}/${k}/${index}`,
    index,
    genome: genomeHash(proposal),
  }));
  return { ...head(spec, island, n), type: "asked", k, candidates };
}

export function evaluatedEntry(
  spec: RunSpec,
  island: number,
  n: number,
  candidate: string,
  time: number | null,
): EvaluatedEntry {
  return {
    ...head(spec, island, n),
    type: "evaluated",
    candidate,
    outcome: time === null ? "crashed" : "ok",
    cached: false,
    fitness: time === null ? null : 1 / time,
    time_ms: time,
    measurements: [],
    message: null,
    device: null,
  };
}

/** An island's next batch with its results, as all islands learn of them. */
export function tell(
  knowledge: Knowledge,
  island: number,
  configs: readonly Config[],
  timeOf: (config: Config) => number | null = ridgeTime,
): void {
  const { spec, next } = knowledge;
  if (next[island] === 0) applyKnowledge(knowledge, openedEntry(spec, island));
  const k = next[island] as number;
  const proposals = configs.map((config) => ({ config, source: null, proposer: "seed", parents: [], reason: null }));
  const asked = askedEntry(spec, island, k, k, proposals);
  applyKnowledge(knowledge, asked);
  for (const [at, { id, config }] of asked.candidates.entries()) {
    applyKnowledge(knowledge, evaluatedEntry(spec, island, k + 1 + at, id, timeOf(config)));
  }
}
