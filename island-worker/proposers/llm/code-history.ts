/** The evolved code that one island has tried, as a model's prompt shows it: a fold of the island's log. */
import { genomeHash } from "@kevo/core/search-space/genome.ts";
import type { Candidate, EvaluatedEntry, LogEntry } from "@kevo/proto/log.ts";

export interface TriedCode extends Candidate {
  readonly result: Pick<EvaluatedEntry, "outcome" | "fitness" | "time_ms" | "message">;
}

export interface CodeHistory {
  next: number;
  /** In the order of the log, the kernel's own source among them. */
  readonly tried: TriedCode[];
  readonly pending: Map<string, Candidate>;
  /** Everything that was ever proposed here. */
  readonly genomes: Set<string>;
}

export function openCodeHistory(): CodeHistory {
  return { next: 0, tried: [], pending: new Map(), genomes: new Set() };
}

/** An entry that is known already changes nothing. */
export function applyCodeHistory(history: CodeHistory, entry: LogEntry): void {
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
export function awaitsResults({ pending }: CodeHistory): boolean {
  return [...pending.values()].some(({ source, call }) => source !== null && call !== undefined);
}

export function isProposed({ genomes }: CodeHistory, proposal: Pick<Candidate, "config" | "source">): boolean {
  return genomes.has(genomeHash(proposal));
}

/** Whether a source has come to nothing before: another configuration would not mend it. */
export function hasFailed({ tried }: CodeHistory, source: string): boolean {
  return tried.some((one) => one.source === source && one.result.outcome !== "ok");
}

/** The fastest of each source, fastest first. */
export function bestCode({ tried }: CodeHistory): TriedCode[] {
  const best = new Map<string | null, TriedCode>();
  for (const one of tried) {
    const known = best.get(one.source);
    if ((one.result.fitness ?? 0) > (known?.result.fitness ?? 0)) best.set(one.source, one);
  }
  return [...best.values()].toSorted((a, b) => (b.result.fitness as number) - (a.result.fitness as number));
}
