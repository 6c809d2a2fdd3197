/** For tests: a history of an island of the ridge, as a run would have written it. */
import { labelledRandom } from "@kevo/core/random/random.ts";
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { MadeCall, Proposal } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { askedEntry, evaluatedEntry, ridge, ridgeTime, specOf } from "../../evolution/ridge.fixture.ts";
import { applyHistory, type IslandHistory, openHistory } from "./island-history.ts";

export const modelRun = (changes: Partial<NonNullable<RunSpec["llm"]>> = {}, rest: Partial<RunSpec> = {}): RunSpec =>
  specOf({ llm: { models: ["grok-4.3"], budget_usd: 1, control: false, ...changes }, ...rest });

export const definition: KernelDefinition = {
  id: "ridge",
  title: "A ridge",
  description: "Made by arithmetic.",
  backends: ["cpu"],
  ...ridge.definition,
  default: null,
  baselines: [],
  workloads: [{ name: "one", shape: { N: 1024 }, flops: 2e6, bytes: 8192 }],
  tolerance: { relative_l2: 1e-5 },
  source: "kernel.c",
  reference: "reference.c",
  comparison: null,
};

export interface Batch {
  readonly genes: readonly Genes[];
  readonly calls?: readonly MadeCall[];
  /** Id of the call that the candidates came from. */
  readonly call?: string;
  readonly parents?: readonly string[];
  /** Instead of the ridge's: milliseconds. */
  readonly times?: readonly (number | null)[];
}

/** Batches with their results, one after the other. */
export function historyOf(spec: RunSpec, batches: readonly Batch[], island = 0): IslandHistory {
  const history = openHistory(ridge);
  let n = 1;
  for (const [k, { genes, calls, call, parents = [], times }] of batches.entries()) {
    const proposals = genes.map((each): Proposal => {
      const made = call === undefined ? { proposer: "seed" } : { proposer: "llm", call };
      return { config: ridge.decode(each), source: null, parents: [...parents], reason: null, ...made };
    });
    const asked = { ...askedEntry(spec, island, n++, k, proposals), ...(calls && { calls: [...calls] }) };
    applyHistory(history, asked);
    for (const [at, { id, config }] of asked.candidates.entries()) {
      const time = times === undefined ? ridgeTime(config) : (times[at] ?? null);
      applyHistory(history, evaluatedEntry(spec, island, n++, id, time));
    }
  }
  return history;
}

/** Distinct samples of the ridge. */
export function samples(count: number, label = "samples"): Genes[] {
  const random = labelledRandom(label);
  const found = new Map<number | string, Genes>();
  while (found.size < count) {
    const genes = ridge.sample(random);
    found.set(ridge.keyOf(genes), genes);
  }
  return [...found.values()];
}
