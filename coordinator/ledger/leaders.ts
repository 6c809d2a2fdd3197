/** The best evaluations so far. Finalists are measured again before a winner is named. */
import type { IslandLedger } from "./island-ledger.ts";
import type { Verdict } from "./verdict.ts";

export interface Leader {
  readonly candidate: string;
  readonly fitness: number;
  readonly timeMs: number | null;
}

export class Leaders {
  readonly #ofNiche = new Map<string, Leader>();
  readonly #ofIsland = new Map<number, Leader>();

  ofNiche(nicheKey: string): Leader | undefined {
    return this.#ofNiche.get(nicheKey);
  }

  ofIsland(island: number): Leader | undefined {
    return this.#ofIsland.get(island);
  }

  /** Of the whole run. */
  best(): Leader | undefined {
    return [...this.#ofNiche.values()].sort((a, b) => b.fitness - a.fitness)[0];
  }

  /** Whether the candidate leads its niche. */
  includes(candidate: string): boolean {
    return [...this.#ofNiche.values()].some((leader) => leader.candidate === candidate);
  }

  /** The log of its island now contains a candidate's result. */
  add(
    { island, nicheKey }: IslandLedger,
    candidate: string,
    { fitness, time_ms: timeMs }: Pick<Verdict, "fitness" | "time_ms">,
  ): void {
    if (fitness === null) return;
    const leader = { candidate, fitness, timeMs };
    const better = (than: Leader | undefined) => than === undefined || fitness > than.fitness;
    if (better(this.#ofNiche.get(nicheKey))) this.#ofNiche.set(nicheKey, leader);
    if (better(this.#ofIsland.get(island))) this.#ofIsland.set(island, leader);
  }
}
