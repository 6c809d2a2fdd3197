/** The ledger's state of one island. */
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { Niche, RunSpec } from "@kevo/proto/run.ts";

export interface IslandLedger {
  readonly island: number;
  readonly niche: Niche;
  /** Evaluations of a genome are comparable within this run if their keys are equal. */
  readonly nicheKey: string;
  epoch: number;
  worker: string | null;
  nextBatch: number;
  /** Number of the newest log entry. */
  tail: number;
  exhausted: boolean;
  /** Accepted and not yet in the log as evaluated, whether on a device or waiting for a twin. */
  readonly outstanding: Set<string>;
  /** Reported by the worker, for the progress view. */
  diversity: number | null;
}

export function openIslandLedger(spec: RunSpec, island: number, niche: Niche): IslandLedger {
  return {
    island,
    niche,
    nicheKey: nicheKeyOf(spec, niche),
    epoch: 0,
    worker: null,
    nextBatch: 0,
    tail: -1,
    exhausted: false,
    outstanding: new Set(),
    diversity: null,
  };
}

export function splitCandidateId(id: string): { run: string; island: number; batch: number; index: number } {
  const [run, island, batch, index] = id.split("/") as [string, string, string, string];
  return { run, island: Number(island), batch: Number(batch), index: Number(index) };
}
