/**
 * Rows of a table that is too long to hold: the server filters and sorts, and the page keeps the windows around what it
 * shows. Rows that are shown stay until newer ones are there.
 */
import { signal } from "@preact/signals";
import { type CandidateRow, candidatesAnswer } from "../../../contract/candidates.ts";
import type { Objective } from "../../../contract/common.ts";
import { get, RequestError } from "../../data/client.ts";
import { isLast } from "../../data/live.ts";

const WINDOW = 100;
/** Beyond these the farthest are forgotten. */
const MAX_WINDOWS = 40;
/** A table that follows a run asks again at most this often. Milliseconds. */
const REFRESH_MS = 1_500;

export interface TableState {
  readonly total: number;
  readonly matched: number;
  readonly parameters: readonly string[];
  readonly objective: Objective | null;
  readonly error: RequestError | null;
  /** False until the first answer to the present question. */
  readonly answered: boolean;
}

const NOTHING: TableState = { total: 0, matched: 0, parameters: [], objective: null, error: null, answered: false };

export class RowWindows {
  readonly state = signal<TableState>(NOTHING);
  /** Grows when rows changed. */
  readonly changes = signal(0);
  #rows = new Map<number, readonly CandidateRow[]>();
  #loading = new Map<number, AbortController>();
  #address: ((offset: number, limit: number) => string) | null = null;
  #shown: readonly [first: number, last: number] = [0, 0];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stale = new Set<number>();

  row(index: number): CandidateRow | null {
    return this.#rows.get(Math.floor(index / WINDOW))?.[index % WINDOW] ?? null;
  }

  /** Another filter, order or position: the old rows stay until the first new window is there. */
  ask(address: (offset: number, limit: number) => string): void {
    this.stop();
    this.#address = address;
    this.state.value = { ...this.state.value, answered: false };
    this.#stale = new Set(this.#rows.keys());
    this.#load(this.#windows()[0] ?? 0);
  }

  show(first: number, last: number): void {
    this.#shown = [first, last];
    for (const window of this.#windows()) {
      if (!this.#rows.has(window) || this.#stale.has(window)) this.#load(window);
    }
  }

  /** The run moved on. */
  refresh(): void {
    const last = isLast();
    if (this.#timer !== undefined && !last) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#stale = new Set(this.#rows.keys());
        for (const window of this.#windows()) this.#load(window);
      },
      last ? 0 : REFRESH_MS,
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const one of this.#loading.values()) one.abort();
    this.#loading.clear();
  }

  #windows(): number[] {
    const [first, last] = this.#shown;
    const from = Math.floor(first / WINDOW);
    return Array.from({ length: Math.floor(last / WINDOW) - from + 1 }, (_, at) => from + at);
  }

  #load(window: number): void {
    if (this.#loading.has(window) || this.#address === null) return;
    const abort = new AbortController();
    this.#loading.set(window, abort);
    // What happens from here on may not be in the answer: it makes the window stale again, and it is asked for once more.
    this.#stale.delete(window);
    void this.#fetch(this.#address(window * WINDOW, WINDOW), window, abort);
  }

  async #fetch(address: string, window: number, abort: AbortController): Promise<void> {
    try {
      const answer = await get(address, candidatesAnswer, abort.signal);
      if (abort.signal.aborted) return;
      const first = !this.state.value.answered;
      if (first) this.#rows.clear();
      this.#rows.set(window, answer.rows);
      this.#forget();
      const { total, matched, parameters, about } = answer;
      this.state.value = { total, matched, parameters, objective: about.objective, error: null, answered: true };
      this.changes.value++;
    } catch (error) {
      if (abort.signal.aborted) return;
      const known = error instanceof RequestError ? error : new RequestError(0, String(error));
      this.state.value = { ...this.state.value, error: known };
    } finally {
      if (this.#loading.get(window) === abort) this.#loading.delete(window);
    }
    // The person may have scrolled on, or the first window of another question was another one.
    const [first, last] = this.#shown;
    if (!abort.signal.aborted && this.state.value.error === null) this.show(first, last);
  }

  #forget(): void {
    const middle = this.#windows()[0] ?? 0;
    const far = [...this.#rows.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const window of far.slice(0, Math.max(0, far.length - MAX_WINDOWS))) this.#rows.delete(window);
  }
}
