/** Evaluators that come and go: each lives for a random time, ends in a random way, and another takes its place a little later. */
import { labelledRandom, type Random } from "@kevo/core/random/random.ts";
import type { FleetRun } from "./run.ts";

const MIN_LIFE_MS = 5_000;
const MAX_GAP_MS = 5_000;
const KILLED = 0.4;

export interface Joined {
  readonly id: string;
  /** When it listened, by the clock. */
  readonly at: number;
}

export interface ChurnOptions {
  readonly evaluators: number;
  /** How long one lives on average, seconds, beyond the shortest life. */
  readonly lifeS: number;
  readonly seed: number;
}

export class Churn {
  readonly joined: Joined[] = [];
  killed = 0;
  told = 0;
  readonly #run: FleetRun;
  readonly #lifeS: number;
  readonly #over = new AbortController();
  readonly #places: Promise<void>[];

  constructor(run: FleetRun, { evaluators, lifeS, seed }: ChurnOptions) {
    this.#run = run;
    this.#lifeS = lifeS;
    this.#places = Array.from({ length: evaluators }, (_, n) => this.#keepOne(labelledRandom(`${seed}/${n}`)));
    void run.ended.then(() => this.#over.abort());
  }

  /** The run has ended, and so have all. */
  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#places);
  }

  async #keepOne(random: Random): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#sleep(random.uniform() * MAX_GAP_MS);
      if (this.#over.signal.aborted) return;
      const { child, firstLine, ended } = this.#run.place.start("gpu-evaluator", [
        ...["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1", "--json"],
        ...["--nats", this.#run.url, "--grace", "5s"],
      ]);
      const line = await firstLine.catch((error: Error) => {
        if (!this.#over.signal.aborted) console.log(error.message);
        return null;
      });
      if (line === null) continue;
      this.joined.push({ id: (JSON.parse(line) as { id: string }).id, at: Date.now() });
      await this.#sleep(MIN_LIFE_MS - 1_000 * this.#lifeS * Math.log(1 - random.uniform()));
      if (random.uniform() < KILLED) {
        child.kill("SIGKILL");
        if (!this.#over.signal.aborted) this.killed++;
      } else {
        child.kill("SIGTERM");
        if (!this.#over.signal.aborted) this.told++;
      }
      await ended;
    }
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#over;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
      if (signal.aborted) resolve();
    });
  }
}
