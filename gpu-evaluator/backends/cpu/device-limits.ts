/**
 * The limits of this machine: a result above them is wrong, for whatever reason, and a result below them is a share of
 * them. They are measured, so a result above one has it measured again, since a busy machine measures low.
 */
import type { Workload } from "@kevo/proto/kernel.ts";
import type { BandwidthOf, Measurement } from "@kevo/proto/outcome.ts";

export type Precision = "f32" | "f64";

/**
 * The precision whose peak limits a kernel of these types; none are the single precision of a kernel without arguments.
 * Null for integers and short floats: their instructions (VNNI, AMX, AVX512-FP16) reach several times what was measured.
 */
export function precisionOf(types: readonly string[]): Precision | null {
  if (types.some((type) => type !== "f32" && type !== "f64")) return null;
  return types.includes("f64") ? "f64" : "f32";
}

export interface DeviceRates {
  readonly gflops: (precision: Precision) => Promise<number>;
  /** Memory bandwidth of all cores, GB/s; for `bytes` in all, or by default for more than the caches hold. */
  readonly gbytesPerSecond: (bytes?: number) => Promise<number>;
  /** Of all caches together; what lies there comes faster than memory gives it. Infinite where it is not known. */
  readonly cacheBytes: number;
}

/** The best of a few short windows is measured; the clock of a core may rise a little between two. */
const SLACK = 1.05;
const TRIES = 5;
/** Caches are measured with arrays of powers of two from here on, bytes. */
const MIN_CACHED_BYTES = 256 * 1024;

export type Shares = Pick<Measurement, "gflops" | "peak_share" | "gbytes_per_s" | "bandwidth_share" | "bandwidth_of">;

export class DeviceLimits {
  readonly #rates: DeviceRates;
  readonly #gflops = new Map<Precision, number>();
  /** By the size of the arrays; 0 for memory. */
  readonly #gbytes = new Map<number, number>();

  /** @param gflops the peak in single precision, as it was measured first */
  constructor(rates: DeviceRates, gflops: number) {
    this.#rates = rates;
    this.#gflops.set("f32", gflops);
  }

  /** The largest rate measured so far, GFLOP/s. */
  async peakGflops(precision: Precision): Promise<number> {
    return this.#above(this.#gflops, precision, 0, () => this.#rates.gflops(precision));
  }

  /**
   * Why no call can have taken only so long; null where it can.
   * @param emptyMs the least time of a call that does nothing
   * @param precision null where no peak is known for the kernel's types
   */
  async impossible(
    { name, flops = 0, bytes = 0 }: Workload,
    callMs: number,
    emptyMs: number,
    precision: Precision | null,
  ): Promise<string | null> {
    const time = `workload ${name}: ${callMs.toPrecision(3)} ms`;
    if (callMs * SLACK < emptyMs) return `${time} is less than an empty call takes (${emptyMs.toPrecision(3)} ms)`;
    if (precision !== null) {
      const gflops = flops / callMs / 1e6;
      const peak = await this.#above(this.#gflops, precision, gflops / SLACK, () => this.#rates.gflops(precision));
      if (gflops > peak * SLACK)
        return `${time} would be ${Math.round((gflops / peak) * 100)} % of this machine's measured peak (${peak.toFixed(0)} GFLOP/s)`;
    }
    const moved = bytes - this.#rates.cacheBytes;
    if (moved <= 0) return null;
    const gbytes = moved / callMs / 1e6;
    const bandwidth = await this.#bandwidth("memory", bytes, gbytes / SLACK);
    if (gbytes <= bandwidth * SLACK) return null;
    return `${time} would mean ${gbytes.toFixed(0)} GB/s, but this machine's memory reaches ${bandwidth.toFixed(0)} GB/s`;
  }

  /** The rates that a time of a workload implies; null where the workload does not state its work. */
  async shares({ flops, bytes }: Workload, ms: number, precision: Precision | null): Promise<Shares> {
    const gflops = flops === undefined ? null : flops / ms / 1e6;
    const gbytes = bytes === undefined ? null : bytes / ms / 1e6;
    const { cacheBytes } = this.#rates;
    const known = bytes !== undefined && gbytes !== null && Number.isFinite(cacheBytes);
    const where: BandwidthOf | null = known ? (bytes > cacheBytes ? "memory" : "cache") : null;
    return {
      gflops,
      peak_share: gflops === null || precision === null ? null : gflops / (await this.peakGflops(precision)),
      gbytes_per_s: gbytes,
      bandwidth_share: where && gbytes && gbytes / (await this.#bandwidth(where, bytes as number, gbytes)),
      bandwidth_of: where,
    };
  }

  #bandwidth(where: BandwidthOf, bytes: number, wanted: number): Promise<number> {
    const size = where === "memory" ? 0 : 2 ** Math.ceil(Math.log2(Math.max(bytes, MIN_CACHED_BYTES)));
    return this.#above(this.#gbytes, size, wanted, () => this.#rates.gbytesPerSecond(size === 0 ? undefined : size));
  }

  /** A rate, measured where it is not known, and again while it is below `wanted`. */
  async #above<K>(rates: Map<K, number>, key: K, wanted: number, measure: () => Promise<number>): Promise<number> {
    let rate = rates.get(key) ?? (await measure());
    for (let tries = 0; tries < TRIES && rate < wanted; tries++) rate = Math.max(rate, await measure());
    rates.set(key, rate);
    return rate;
  }
}
