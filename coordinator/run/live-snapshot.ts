/** The running coordinator's view of its run, from memory: no query on the dispatching thread. */

import { UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import type { Fleet } from "../dispatch/fleet.ts";
import { splitCandidateId } from "../ledger/island-ledger.ts";
import type { LedgerState } from "../ledger/ledger-state.ts";
import type { AcceptedCandidate } from "../ledger/records.ts";
import { runObjective } from "../lineage/run-objective.ts";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { busyMachine } from "./busy-machine.ts";

/** Seconds over which the rate of evaluations is taken. */
const RATE_WINDOW_S = 30;

export class LiveView {
  readonly #state: LedgerState;
  readonly #fleet: Fleet;
  readonly #evaluatedByIsland: number[];
  /** Candidates that lead, or may come to lead: what the view says of the best. */
  readonly #candidates = new Map<string, AcceptedCandidate>();
  readonly #history: { at: number; evaluated: number }[] = [];

  constructor(state: LedgerState, fleet: Fleet) {
    this.#state = state;
    this.#fleet = fleet;
    this.#evaluatedByIsland = state.islands.map(() => 0);
  }

  accepted(candidates: readonly AcceptedCandidate[]): void {
    for (const candidate of candidates) this.#candidates.set(candidate.id, candidate);
  }

  evaluated(candidate: string): void {
    (this.#evaluatedByIsland[splitCandidateId(candidate).island] as number)++;
    if (!this.#state.leaders.includes(candidate)) this.#candidates.delete(candidate);
  }

  snapshot(phase: string, elapsedS: number, waiting: string | null = null): RunSnapshot {
    const { spec, islands, leaders, outcomes } = this.#state;
    const best = leaders.best();
    const candidate = best === undefined ? undefined : this.#candidates.get(best.candidate);
    const objective = runObjective(spec);
    // The finalists are no evaluations: how long they take, the rate of the search does not say.
    const searching = !this.#state.finished;
    const perSecond = searching ? this.#rate(elapsedS) : null;
    const budget = this.#state.reachable;
    const byBudget = perSecond === null || budget === null ? null : (budget - this.#state.evaluated) / perSecond;
    const byTime = spec.time_s === null || !searching ? null : Math.max(0, spec.time_s - elapsedS);
    return {
      run: spec.run,
      kernel: spec.kernel.id,
      backend: spec.backend,
      phase,
      waiting,
      busy: busyMachine(spec.backend),
      objective,
      elapsedS,
      remainingS: byBudget === null ? byTime : Math.min(byBudget, byTime ?? byBudget),
      budget,
      evaluated: this.#state.evaluated,
      cached: this.#state.cached,
      perSecond,
      outcomes: { ...outcomes },
      best:
        best === undefined
          ? null
          : {
              candidate: best.candidate,
              fitness: best.fitness,
              timeMs: best.timeMs,
              speedup: objective === "speedup" ? best.fitness : null,
              proposer: candidate?.proposer ?? "",
              config: candidate === undefined ? "" : JSON.stringify(candidate.config),
            },
      islands: islands.map((island) => ({
        island: island.island,
        niche: island.niche.workloads?.join(", ") ?? island.niche.device ?? "",
        worker: island.worker,
        batches: island.nextBatch,
        evaluated: this.#evaluatedByIsland[island.island] as number,
        outstanding: island.outstanding.size,
        bestFitness: leaders.ofIsland(island.island)?.fitness ?? null,
        bestTimeMs: leaders.ofIsland(island.island)?.timeMs ?? null,
        diversity: island.diversity,
        exhausted: island.exhausted,
      })),
      evaluators: this.#fleet.snapshots(),
      fleet: this.#fleet.figures(
        spec.evaluations === UNLIMITED_EVALUATIONS ? null : this.#state.remaining,
        phase === "paused",
      ),
    };
  }

  #rate(now: number): number | null {
    this.#history.push({ at: now, evaluated: this.#state.evaluated });
    while ((this.#history[0]?.at ?? now) < now - RATE_WINDOW_S) this.#history.shift();
    const first = this.#history[0];
    if (first === undefined || now - first.at < 1) return null;
    const done = this.#state.evaluated - first.evaluated;
    return done > 0 ? done / (now - first.at) : null;
  }
}
