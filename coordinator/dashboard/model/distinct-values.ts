/** The values that a parameter was met with, each once, by the number that stands for it. */
import type { ParamValue } from "@kevo/proto/search-space.ts";

const FIRST = 64;
const FREE = -1;

const float = new Float64Array(1);
const halves = new Uint32Array(float.buffer);

export class DistinctValues {
  /** In the order in which they were first met. */
  readonly list: ParamValue[] = [];
  /** Of the numbers, which may be as many as there are rows: a Map would take four times the memory. At most half full. */
  #numbers = new Int32Array(FIRST).fill(FREE);
  #count = 0;
  readonly #others = new Map<ParamValue, number>();

  numberOf(value: ParamValue): number {
    if (typeof value === "number") return this.#ofNumber(value);
    // Lists are equal by what is in them; no other value begins like one.
    const key = Array.isArray(value) ? `\u0000${JSON.stringify(value)}` : value;
    const known = this.#others.get(key);
    if (known !== undefined) return known;
    this.#others.set(key, this.list.length);
    return this.list.push(value) - 1;
  }

  #ofNumber(value: number): number {
    const at = this.#placeOf(value);
    const known = this.#numbers[at] as number;
    if (known !== FREE) return known;
    const number = this.list.push(value) - 1;
    this.#numbers[at] = number;
    if (2 * ++this.#count > this.#numbers.length) this.#grow();
    return number;
  }

  #placeOf(value: number): number {
    const mask = this.#numbers.length - 1;
    for (let at = hashOf(value) & mask; ; at = (at + 1) & mask) {
      const number = this.#numbers[at] as number;
      if (number === FREE || this.list[number] === value) return at;
    }
  }

  #grow(): void {
    const before = this.#numbers;
    this.#numbers = new Int32Array(2 * before.length).fill(FREE);
    for (const number of before) {
      if (number !== FREE) this.#numbers[this.#placeOf(this.list[number] as number)] = number;
    }
  }
}

function hashOf(value: number): number {
  // Zero has two forms and is one value.
  float[0] = value + 0;
  let hash = Math.imul(halves[0] as number, 0x9e3779b1) ^ Math.imul(halves[1] as number, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
