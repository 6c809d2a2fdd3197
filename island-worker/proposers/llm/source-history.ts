/** What one island has tried of evolved sources, as a model is told of it: a fold of the island's log. */
import { genomeHash } from "@kevo/core/search-space/genome.ts";
import type { Candidate, EvaluatedEntry, LogEntry } from "@kevo/proto/log.ts";

export interface TriedSource extends Candidate {
  readonly result: Pick<EvaluatedEntry, "outcome" | "fitness" | "time_ms" | "message">;
}

export interface SourceHistory {
  next: number;
  /** In the order of the log, the kernel's own source among them. */
  readonly tried: TriedSource[];
  readonly pending: Map<string, Candidate>;
  /** Everything that was ever proposed here. */
  readonly genomes: Set<string>;
}

export function openSourceHistory(): SourceHistory {
  return { next: 0, tried: [], pending: new Map(), genomes: new Set() };
}

/** An entry that is known already changes nothing. */
export function applySourceHistory(history: SourceHistory, entry: LogEntry): void {
  if (entry.n < history.next) return;
  history.next = entry.n + 1;
  if (entry.type === "asked") {
    for (const candidate of entry.candidates) {
      history.pending.set(candidate.id, candidate);
      history.genomes.add(candidate.genome);
    }
  }
  if (entry.type !== "evaluated") return;
  const candidate = history.pending.get(entry.candidate);
  if (candidate === undefined) return;
  history.pending.delete(entry.candidate);
  const { outcome, fitness, time_ms, message } = entry;
  history.tried.push({ ...candidate, result: { outcome, fitness, time_ms, message } });
}

/** Something that a model wrote is on its way: it is asked again when it can be told what came of it. */
export function awaitsResults({ pending }: SourceHistory): boolean {
  return [...pending.values()].some(({ source, call }) => source !== null && call !== undefined);
}

export function isProposed({ genomes }: SourceHistory, proposal: Pick<Candidate, "config" | "source">): boolean {
  return genomes.has(genomeHash(proposal));
}

/** Whether a source has come to nothing before: another configuration would not mend it. */
export function hasFailed({ tried }: SourceHistory, source: string): boolean {
  return tried.some((one) => one.source === source && one.result.outcome !== "ok");
}

/** The fastest of each source, fastest first. */
export function bestSources({ tried }: SourceHistory): TriedSource[] {
  const best = new Map<string | null, TriedSource>();
  for (const one of tried) {
    const known = best.get(one.source);
    if ((one.result.fitness ?? 0) > (known?.result.fitness ?? 0)) best.set(one.source, one);
  }
  return [...best.values()].toSorted((a, b) => (b.result.fitness as number) - (a.result.fitness as number));
}
