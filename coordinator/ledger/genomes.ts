/**
 * The genomes of a run, each in its niche. A genome is evaluated once: its first candidate costs an evaluation, which
 * answers its twins, or which they wait for. Of a settled genome nothing is kept but who was first: a run may have millions.
 */

export interface KnownGenome {
  /** The first candidate with this genome. */
  readonly candidate: string;
  /** Whether its evaluation is still to come. */
  readonly isOpen: boolean;
}

export class Genomes {
  readonly #prefix: string;
  /** By niche and genome, the first candidate, without the run's name. */
  readonly #known = new Map<string, Map<string, string>>();
  /** By the candidate whose evaluation is still open, the candidates that wait for it. */
  readonly #open = new Map<string, string[]>();

  constructor(run: string) {
    this.#prefix = `${run}/`;
  }

  /** Candidates whose evaluation is still open. */
  get open(): Iterable<string> {
    return this.#open.keys();
  }

  get isSettled(): boolean {
    return this.#open.size === 0;
  }

  find(nicheKey: string, genome: string): KnownGenome | undefined {
    const place = this.#known.get(nicheKey)?.get(compact(genome));
    if (place === undefined) return undefined;
    const candidate = this.#prefix + place;
    return { candidate, isOpen: this.#open.has(candidate) };
  }

  /** The first candidate of a genome. @param isOpen whether its evaluation is still to come. */
  add(nicheKey: string, genome: string, candidate: string, isOpen: boolean): void {
    let known = this.#known.get(nicheKey);
    if (known === undefined) {
      known = new Map();
      this.#known.set(nicheKey, known);
    }
    known.set(compact(genome), copied(candidate.slice(this.#prefix.length)));
    if (isOpen) this.#open.set(candidate, []);
  }

  /** Another candidate with the genome of an open one. */
  await(candidate: string, twin: string): void {
    this.#open.get(candidate)?.push(twin);
  }

  /** @returns the candidates that are answered, first the evaluated one; null when it is not open. */
  settle(candidate: string): readonly string[] | null {
    const twins = this.#open.get(candidate);
    if (twins === undefined) return null;
    this.#open.delete(candidate);
    return [candidate, ...twins];
  }
}

/** A hash in a third of the memory: a character for each byte, where V8 would take one for each digit. */
function compact(hash: string): string {
  return Buffer.from(hash, "hex").toString("latin1");
}

/** A part of a string holds on to the whole of it. */
function copied(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
