/**
 * The genomes of a run, each in its niche. A genome is evaluated once: its first candidate costs an evaluation, which
 * answers its twins, or which they wait for.
 */
import type { Verdict } from "./verdict.ts";

export interface KnownGenome {
  /** The first candidate with this genome. */
  readonly candidate: string;
  /** Null until the evaluation is in. */
  verdict: Verdict | null;
  /** Candidates that wait for it. */
  readonly twins: string[];
}

export class Genomes {
  readonly #known = new Map<string, KnownGenome>();
  /** By the candidate whose evaluation is still open. */
  readonly #open = new Map<string, KnownGenome>();

  /** Candidates whose evaluation is still open. */
  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  get isSettled(): boolean {
    return this.#open.size === 0;
  }

  find(nicheKey: string, genome: string): KnownGenome | undefined {
    return this.#known.get(keyOf(nicheKey, genome));
  }

  /** @param verdict of a stored evaluation; null: the evaluation is open. */
  add(nicheKey: string, genome: string, candidate: string, verdict: Verdict | null): void {
    const known: KnownGenome = { candidate, verdict, twins: [] };
    this.#known.set(keyOf(nicheKey, genome), known);
    if (verdict === null) this.#open.set(candidate, known);
  }

  /** @returns the candidates that are answered, first the evaluated one; null when it is not open. */
  settle(candidate: string, verdict: Verdict): readonly string[] | null {
    const known = this.#open.get(candidate);
    if (known === undefined) return null;
    this.#open.delete(candidate);
    known.verdict = verdict;
    return [candidate, ...known.twins.splice(0)];
  }
}

function keyOf(nicheKey: string, genome: string): string {
  return `${genome} ${nicheKey}`;
}
