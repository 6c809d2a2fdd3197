/**
 * What this machine can do at most: a result above it is wrong, however it came about. The limits are measured, so a
 * result that seems to be above one has it measured again, since a busy machine measures low.
 */
import type { Workload } from "@kevo/proto/kernel.ts";

export interface DeviceRates {
  readonly gflops: () => Promise<number>;
  /** Bytes that all cores read, GB/s, from arrays that no cache holds. */
  readonly gbytesPerSecond: () => Promise<number>;
  /** Of all caches together; what lies there comes faster than memory gives it. Infinite where it is not known. */
  readonly cacheBytes: number;
}

/** The best of a few short windows is measured; the clock of a core may rise a little between two. */
const SLACK = 1.05;
const TRIES = 5;

export class DeviceLimits {
  readonly #rates: DeviceRates;
  #gflops: number;
  #gbytes: number | null = null;

  /** @param gflops the peak as it was measured first */
  constructor(rates: DeviceRates, gflops: number) {
    this.#rates = rates;
    this.#gflops = gflops;
  }

  /** The largest rate measured so far, GFLOP/s. */
  get peakGflops(): number {
    return this.#gflops;
  }

  /** Why no call can have taken only so long; null where it can. @param emptyMs the least time of a call that does nothing */
  async impossible({ name, flops, bytes }: Workload, callMs: number, emptyMs: number): Promise<string | null> {
    const time = `workload ${name}: ${callMs.toPrecision(3)} ms`;
    if (callMs * SLACK < emptyMs) return `${time} is less than an empty call takes (${emptyMs.toPrecision(3)} ms)`;
    const gflops = flops / callMs / 1e6;
    if (gflops > (await this.#peakAbove(gflops / SLACK)) * SLACK)
      return `${time} would be ${Math.round((gflops / this.#gflops) * 100)} % of this machine's measured peak (${this.#gflops.toFixed(0)} GFLOP/s)`;
    const moved = bytes - this.#rates.cacheBytes;
    if (moved <= 0) return null;
    const gbytes = moved / callMs / 1e6;
    const bandwidth = await this.#bandwidthAbove(gbytes / SLACK);
    if (gbytes <= bandwidth * SLACK) return null;
    return `${time} would mean ${gbytes.toFixed(0)} GB/s, but this machine's memory reaches ${bandwidth.toFixed(0)} GB/s`;
  }

  async #peakAbove(wanted: number): Promise<number> {
    for (let tries = 0; tries < TRIES && this.#gflops < wanted; tries++)
      this.#gflops = Math.max(this.#gflops, await this.#rates.gflops());
    return this.#gflops;
  }

  async #bandwidthAbove(wanted: number): Promise<number> {
    this.#gbytes ??= await this.#rates.gbytesPerSecond();
    for (let tries = 0; tries < TRIES && this.#gbytes < wanted; tries++)
      this.#gbytes = Math.max(this.#gbytes, await this.#rates.gbytesPerSecond());
    return this.#gbytes;
  }
}
