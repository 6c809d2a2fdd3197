/**
 * Columns of numbers that grow: a hundred thousand candidates as objects would take ten times the memory. They grow by
 * blocks, so that nothing is copied and left over when a long run is read.
 */

/** Four kinds: with a fifth the engine no longer knows what it reads, and takes twice as long. */
type Numbers = Float64Array | Uint32Array | Uint16Array | Uint8Array;
interface NumbersOf<T extends Numbers> {
  new (length: number): T;
}

/** Of the first block: most runs are short. It doubles until it is a whole one. */
const FIRST = 256;
const BITS = 13;
const BLOCK = 1 << BITS;
const WITHIN = BLOCK - 1;

export class Growing<T extends Numbers> {
  readonly #of: NumbersOf<T>;
  readonly #blocks: T[];
  #capacity = FIRST;
  length = 0;

  constructor(of: NumbersOf<T>) {
    this.#of = of;
    this.#blocks = [new of(FIRST)];
  }

  push(value: number): void {
    if (this.length === this.#capacity) this.#grow();
    this.set(this.length++, value);
  }

  set(at: number, value: number): void {
    (this.#blocks[at >> BITS] as T)[at & WITHIN] = value;
  }

  get(at: number): number {
    return (this.#blocks[at >> BITS] as T)[at & WITHIN] as number;
  }

  #grow(): void {
    if (this.#capacity >= BLOCK) {
      this.#blocks.push(new this.#of(BLOCK));
      this.#capacity += BLOCK;
      return;
    }
    this.#capacity *= 2;
    const wider = new this.#of(this.#capacity);
    wider.set(this.#blocks[0] as T);
    this.#blocks[0] = wider;
  }
}
