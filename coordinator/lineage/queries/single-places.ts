/**
 * Candidates in the order of their single evaluations. Column by column: of a hundred thousand, an object for each takes
 * longer to make and to keep than SQLite takes to read them. A place becomes an object when it is read.
 */
import type { Niches } from "./niches.ts";
import { metricIn, type Ranked } from "./place.ts";
import type { SingleEvaluation } from "./single-evaluations.ts";

export class SinglePlaces {
  readonly #niches: Niches;
  readonly #passed: ReadonlySet<string>;
  readonly #ids: string[] = [];
  readonly #configs: string[] = [];
  readonly #proposers: string[] = [];
  readonly #islands: number[] = [];
  readonly #batches: number[] = [];
  /** What decides, the smaller the better, in this order: of equals, the one that was proposed first. */
  readonly #stoppedEarly: number[] = [];
  readonly #minusFitness: number[] = [];
  readonly #standingMs: number[] = [];
  readonly #createdAt: number[] = [];
  /** How many workloads were timed, and the sums of the logarithms of what was measured; NaN where a timing has none. */
  readonly #workloads: number[] = [];
  readonly #timeMs: number[] = [];
  readonly #speedup: number[] = [];
  readonly #speedupLow: number[] = [];
  readonly #speedupHigh: number[] = [];
  /** Of recordings with an objective, which have one workload. */
  readonly #metrics: string[] = [];

  /** @param passed candidates that are left out. */
  constructor(niches: Niches, passed: ReadonlySet<string>) {
    this.#niches = niches;
    this.#passed = passed;
  }

  /** The rows of one candidate follow each other. */
  add(values: SingleEvaluation): void {
    // By index: taking an array apart is slow.
    const [id, island, batch, workload] = [values[0], values[2], values[3], values[5]];
    if (this.#passed.has(id) || !this.#niches.workloadsOf(island).includes(workload)) return;
    const last = this.#ids.length - 1;
    if (this.#ids[last] === id) {
      (this.#workloads[last] as number)++;
      (this.#timeMs[last] as number) += logarithm(values[6]);
      (this.#speedup[last] as number) += logarithm(values[7]);
      (this.#speedupLow[last] as number) += logarithm(values[8]);
      (this.#speedupHigh[last] as number) += logarithm(values[9]);
      return;
    }
    this.#ids.push(id);
    this.#configs.push(values[1]);
    this.#proposers.push(values[4]);
    this.#islands.push(island);
    this.#batches.push(batch);
    this.#stoppedEarly.push(values[11]);
    this.#minusFitness.push(values[12]);
    this.#standingMs.push(values[13]);
    this.#createdAt.push(values[14]);
    this.#workloads.push(1);
    this.#timeMs.push(logarithm(values[6]));
    this.#speedup.push(logarithm(values[7]));
    this.#speedupLow.push(logarithm(values[8]));
    this.#speedupHigh.push(logarithm(values[9]));
    if (this.#niches.objective !== undefined) this.#metrics.push(values[10]);
  }

  /** At most `limit` places; may be read several times. */
  bestFirst(limit: number): Iterable<Ranked> {
    const order = this.#order().subarray(0, limit);
    const place = (at: number) => this.#place(at);
    return {
      *[Symbol.iterator]() {
        for (const at of order) yield place(at);
      },
    };
  }

  #order(): Uint32Array {
    const columns = [this.#stoppedEarly, this.#minusFitness, this.#standingMs, this.#createdAt];
    const ids = this.#ids;
    const order = new Uint32Array(ids.length);
    for (let at = 0; at < order.length; at++) order[at] = at;
    return order.sort((a, b) => {
      for (const column of columns) {
        const [one, other] = [column[a] as number, column[b] as number];
        // Infinities that are equal differ by no number.
        if (one !== other) return one - other;
      }
      return (ids[a] as string) < (ids[b] as string) ? -1 : 1;
    });
  }

  #place(at: number): Ranked {
    const { objective } = this.#niches;
    const mean = (sums: readonly number[]) => geometricMean(sums[at] as number, this.#workloads[at] as number);
    return {
      candidate: this.#ids[at] as string,
      config: JSON.parse(this.#configs[at] as string),
      speedup: mean(this.#speedup),
      speedup_low: mean(this.#speedupLow),
      speedup_high: mean(this.#speedupHigh),
      time_ms: mean(this.#timeMs),
      ...(objective !== undefined && { objective: metricIn(this.#metrics[at], objective) }),
      island: this.#islands[at] as number,
      batch: this.#batches[at] as number,
      proposer: this.#proposers[at] as string,
      rounds: 0,
    };
  }
}

const logarithm = (value: number | null): number => (value === null ? Number.NaN : Math.log(value));

const geometricMean = (sum: number, count: number): number | null => (Number.isNaN(sum) ? null : Math.exp(sum / count));
