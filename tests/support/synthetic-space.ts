/** A recorded space made by arithmetic, in Kernel Tuner's cache format: big enough to search, small enough to know. */
import { writeFileSync } from "node:fs";

export interface SyntheticSpace {
  /** Values of each of the four parameters. */
  readonly values: number;
  /** Recorded durations of each configuration, milliseconds; a replay takes them times --time-scale. */
  readonly compileMs: number;
  readonly benchmarkMs: number;
  /** From configuration to configuration the recorded benchmark lasts between 1 - spread and 1 + spread of that. */
  readonly spread: number;
  /** One in this many configurations fails when it runs; 0 for none. */
  readonly failEvery: number;
  readonly device: string;
  /** Where the bowl's bottom lies along each parameter, from parameter to parameter one further. */
  readonly bottom: number;
}

const NAMES = ["a", "b", "c", "d"];

/** Writes the space to `path`. Its optimum is a smooth bowl's bottom with ripples; times are about 1 to 20 ms. */
export function writeSyntheticSpace(path: string, overrides: Partial<SyntheticSpace> = {}): void {
  const { values, compileMs, benchmarkMs, spread, failEvery, device, bottom } = {
    values: 7,
    compileMs: 0,
    benchmarkMs: 0,
    spread: 0,
    failEvery: 0,
    device: "Synthetic",
    bottom: 2,
    ...overrides,
  };
  const cache: Record<string, unknown> = {};
  for (let n = 0; n < values ** NAMES.length; n++) {
    const genes = NAMES.map((_, at) => Math.floor(n / values ** at) % values);
    const time =
      1 + genes.reduce((sum, gene, at) => sum + (gene - (at + bottom)) ** 2 / 4 + ((gene * (at + 3)) % 5) / 10, 0);
    // Neighbours differ, and the mean is the given one.
    const share = ((n * 7919) % 101) / 50 - 1;
    const failed = failEvery > 0 && n % failEvery === failEvery - 1;
    cache[genes.join(",")] = {
      ...Object.fromEntries(NAMES.map((name, at) => [name, genes[at]])),
      time: failed ? "RuntimeFailedConfig" : time,
      times: failed ? [] : [time],
      compile_time: compileMs,
      verification_time: 0,
      benchmark_time: benchmarkMs * (1 + spread * share),
    };
  }
  const range = Array.from({ length: values }, (_, value) => value);
  writeFileSync(
    path,
    JSON.stringify({
      device_name: device,
      kernel_name: "bowl",
      tune_params_keys: NAMES,
      tune_params: Object.fromEntries(NAMES.map((name) => [name, range])),
      objective: "time",
      cache,
    }),
  );
}
