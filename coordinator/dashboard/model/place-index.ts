/** Finds the row of a candidate by its place. A Map of so many numbers would take ten times the memory. */

const FIRST = 1024;
const FREE = -1;

/**
 * Neighbours lie together, sixteen in what a processor fetches at once: a run's places come nearly in their order, and a
 * million of them spread out would be waited for one by one.
 *
 * @returns a number that is the same for the same place; others may have it too.
 */
function hashOf(island: number, batch: number, position: number): number {
  const group = Math.imul((batch >>> 2) + 1, 0x85ebca6b) ^ Math.imul((position >>> 2) + 1, 0xc2b2ae35);
  let hash = Math.imul(island + 1, 0x9e3779b1) ^ group;
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return ((hash << 4) | ((batch & 3) << 2) | (position & 3)) >>> 0;
}

/** A column of the table, by row. */
interface Column {
  get(row: number): number;
}

/** Where the place of a row is. */
interface Places {
  readonly island: Column;
  readonly batch: Column;
  readonly position: Column;
}

export class PlaceIndex {
  readonly #places: Places;
  /** Rows, open addressing; at most half full. */
  #rows = new Int32Array(FIRST).fill(FREE);
  #size = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  add(row: number): void {
    if (2 * ++this.#size > this.#rows.length) this.#grow();
    this.#put(row);
  }

  /** Null for an unknown place. */
  find(island: number, batch: number, position: number): number | null {
    const mask = this.#rows.length - 1;
    for (let at = hashOf(island, batch, position) & mask; ; at = (at + 1) & mask) {
      const row = this.#rows[at] as number;
      if (row === FREE) return null;
      const { island: i, batch: b, position: p } = this.#places;
      if (b.get(row) === batch && i.get(row) === island && p.get(row) === position) return row;
    }
  }

  #put(row: number): void {
    const mask = this.#rows.length - 1;
    const { island, batch, position } = this.#places;
    let at = hashOf(island.get(row), batch.get(row), position.get(row)) & mask;
    while (this.#rows[at] !== FREE) at = (at + 1) & mask;
    this.#rows[at] = row;
  }

  #grow(): void {
    const before = this.#rows;
    this.#rows = new Int32Array(2 * before.length).fill(FREE);
    for (const row of before) if (row !== FREE) this.#put(row);
  }
}
