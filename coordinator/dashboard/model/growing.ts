/** Columns of numbers that grow: a hundred thousand candidates as objects would take ten times the memory. */

type Numbers = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;
interface NumbersOf<T extends Numbers> {
  new (length: number): T;
}

const FIRST = 256;

export class Growing<T extends Numbers> {
  readonly #of: NumbersOf<T>;
  #values: T;
  length = 0;

  constructor(of: NumbersOf<T>) {
    this.#of = of;
    this.#values = new of(FIRST);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const wider = new this.#of(2 * this.length);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.length++] = value;
  }

  set(at: number, value: number): void {
    this.#values[at] = value;
  }

  get(at: number): number {
    return this.#values[at] as number;
  }
}
