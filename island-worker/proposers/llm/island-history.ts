/**
 * The tries of one island, for a model's prompt and for its proposers' credit: a fold of the island's log, kept beside
 * the island's own state and only in runs that ask models.
 */
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Candidate, EvaluatedEntry, LogEntry, MadeCall } from "@kevo/proto/log.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { genesOf } from "../../evolution/knowledge.ts";
import { type Arm, armOf, CLASSICAL, type Earned, gainOver, openEarned } from "./credit.ts";

export interface Tried {
  readonly id: string;
  readonly config: Config;
  readonly genes: Genes;
  readonly proposer: string;
  readonly parents: readonly string[];
  readonly reason: string | null;
  readonly result: Pick<EvaluatedEntry, "outcome" | "fitness" | "time_ms" | "measurements" | "message" | "device">;
}

export interface IslandHistory {
  readonly space: SearchSpace;
  /** Number of the next entry. */
  next: number;
  /** Results in the order of the log, each configuration of the kernel's own source. */
  readonly tried: Tried[];
  readonly pending: Map<string, Candidate>;
  /** Ids of candidates by what came of them, for what their children changed. */
  readonly byId: Map<string, Tried>;
  /** Calls that the log contains. */
  readonly calls: Map<string, MadeCall>;
  /** Candidates accepted, and those of them that came from models. */
  accepted: number;
  fromModels: number;
  /** Fitness of the best so far. */
  best: number | null;
  readonly earned: Map<Arm, Earned>;
}

export function openHistory(space: SearchSpace): IslandHistory {
  return {
    space,
    next: 0,
    tried: [],
    pending: new Map(),
    byId: new Map(),
    calls: new Map(),
    accepted: 0,
    fromModels: 0,
    best: null,
    earned: new Map(),
  };
}

/** An entry that is known already changes nothing. */
export function applyHistory(history: IslandHistory, entry: LogEntry): void {
  if (entry.n < history.next) return;
  history.next = entry.n + 1;
  if (entry.type === "asked") {
    for (const call of entry.calls ?? []) {
      history.calls.set(call.id, call);
      earnedBy(history, armOf(call)).usd += call.usd;
    }
    for (const candidate of entry.candidates) {
      history.pending.set(candidate.id, candidate);
      history.accepted++;
      if (candidate.call !== undefined) history.fromModels++;
    }
  }
  if (entry.type === "evaluated") {
    const candidate = history.pending.get(entry.candidate);
    if (candidate === undefined) return;
    history.pending.delete(entry.candidate);
    learn(history, candidate, entry);
  }
}

function learn(history: IslandHistory, candidate: Candidate, entry: EvaluatedEntry): void {
  const { best } = history;
  if (entry.fitness !== null) history.best = Math.max(best ?? entry.fitness, entry.fitness);
  credit(history, candidate, entry, best);
  const genes = candidate.source === null ? genesOf(history.space, candidate.config) : null;
  if (genes === null) return;
  const { id, config, proposer, parents, reason } = candidate;
  const { outcome, fitness, time_ms, measurements, message, device } = entry;
  const result = { outcome, fitness, time_ms, measurements, message, device };
  const tried: Tried = { id, config, genes, proposer, parents, reason, result };
  history.tried.push(tried);
  history.byId.set(id, tried);
}

/** Elites of other islands and answers from earlier evaluations earn no credit here. */
function credit(history: IslandHistory, candidate: Candidate, entry: EvaluatedEntry, best: number | null): void {
  if (candidate.proposer === "migrant" || entry.cached) return;
  for (const earned of history.earned.values()) earned.fade();
  const call = candidate.call === undefined ? undefined : history.calls.get(candidate.call);
  const earned = earnedBy(history, call === undefined ? CLASSICAL : armOf(call));
  earned.evaluations++;
  if (entry.fitness !== null && best !== null) earned.gain += gainOver(best, entry.fitness);
}

function earnedBy({ earned }: IslandHistory, arm: Arm): Earned {
  const known = earned.get(arm) ?? openEarned();
  earned.set(arm, known);
  return known;
}
