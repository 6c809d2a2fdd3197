/** Checks and their findings, printed and stored immediately: an interrupted script has told its findings so far. */

export interface Check {
  readonly what: string;
  readonly passed: boolean;
  readonly found: string;
}

export class Checks {
  readonly #all: Check[] = [];
  readonly #write: (all: readonly Check[]) => void;

  constructor(write: (all: readonly Check[]) => void) {
    this.#write = write;
  }

  get passed(): boolean {
    return this.#all.length > 0 && this.#all.every(({ passed }) => passed);
  }

  add(what: string, passed: boolean, found: string): void {
    this.#all.push({ what, passed, found });
    console.log(`${passed ? "passed" : "FAILED"}  ${what}: ${found}`);
    this.#write(this.#all);
  }

  table(): string {
    const width = Math.max(...this.#all.map(({ what }) => what.length));
    const rows = this.#all.map(
      ({ what, passed, found }) => `${passed ? "passed" : "FAILED"}  ${what.padEnd(width)}  ${found}`,
    );
    const failed = this.#all.filter(({ passed }) => !passed).length;
    return ["", ...rows, "", `${this.#all.length} checks, ${failed} failed`].join("\n");
  }
}
