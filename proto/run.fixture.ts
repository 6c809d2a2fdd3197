/** For tests: the specification of a small run. */
import type { RunSpec } from "./run.ts";

/** @param count islands without a niche, two by default; `changes` replace the named fields. */
export function specOf({ count = 2, ...changes }: Partial<RunSpec> & { count?: number } = {}): RunSpec {
  return {
    run: "run",
    kernel: { id: "k", title: "K", hash: "", definition: "" },
    backend: "replay",
    workloads: ["one"],
    seed: 1,
    islands: Array.from({ length: count }, (_, index) => ({ index, niche: { workloads: null, device: null } })),
    topology: "ring",
    migrate_every: 5,
    migrants: 1,
    sync: false,
    batch_size: 4,
    search: "default",
    evaluations: 100,
    time_s: null,
    effort: "quick",
    ...changes,
  };
}
