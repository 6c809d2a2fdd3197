/** What a serving stack runs for a batch: the nearest row of its file, or its rule where it has none. */
import { type Stack, TUNED, type TunedRow } from "./format.ts";

/** Both stacks: Python's `min(keys, key=lambda x: abs(x - batch))`, so that of two equally near rows the first wins. */
export function nearestRow(rows: ReadonlyMap<number, TunedRow>, batch: number): TunedRow {
  let best: readonly [number, TunedRow] | null = null;
  for (const entry of rows) if (best === null || Math.abs(entry[0] - batch) < Math.abs(best[0] - batch)) best = entry;
  if (best === null) throw new Error("a tuned file without rows");
  return best[1];
}

/** The stack's rule for bfloat16 without a file: of vLLM 0.33.0 and SGLang 0.5.5, on NVIDIA devices. */
export function defaultRow(stack: Stack, batch: number, experts: number): TunedRow {
  return stack === "vllm" ? vllmRow(batch, experts) : sglangRow(batch, experts);
}

function vllmRow(batch: number, experts: number): TunedRow {
  return {
    BLOCK_SIZE_M: batch <= 32 ? 16 : batch <= 96 ? 32 : batch <= 512 ? 64 : 128,
    BLOCK_SIZE_N: batch <= 64 ? 64 : 128,
    BLOCK_SIZE_K: batch <= 64 ? 128 : 64,
    GROUP_SIZE_M: Math.floor(batch / experts) > 128 ? 16 : 1,
    num_warps: batch <= 128 ? 4 : 8,
    num_stages: batch <= 32 ? 4 : 3,
  };
}

function sglangRow(batch: number, experts: number): TunedRow {
  // It names neither warps nor stages; these are what Triton takes then.
  const triton = { num_warps: 4, num_stages: 3 };
  return batch <= experts
    ? { BLOCK_SIZE_M: 16, BLOCK_SIZE_N: 32, BLOCK_SIZE_K: 64, GROUP_SIZE_M: 1, ...triton }
    : { BLOCK_SIZE_M: 64, BLOCK_SIZE_N: 64, BLOCK_SIZE_K: 32, GROUP_SIZE_M: 8, ...triton };
}

/** The kernel's parameters that a row can carry, in their order. */
export const CARRIED = [...TUNED, "maxnreg"] as const;
export type CarriedConfig = Record<(typeof CARRIED)[number], number>;

/** What the kernel makes of a row; without a limit of registers it has 0. */
export function configOf(row: TunedRow): CarriedConfig {
  return Object.fromEntries(CARRIED.map((name) => [name, Number(row[name] ?? 0)])) as CarriedConfig;
}

/** The row that carries a configuration: no stack takes a limit of 0 registers. */
export function rowOf(config: CarriedConfig): TunedRow {
  const row = Object.fromEntries(TUNED.map((name) => [name, config[name]])) as TunedRow;
  return config.maxnreg > 0 ? { ...row, maxnreg: config.maxnreg } : row;
}

export function sameConfig(a: CarriedConfig, b: CarriedConfig): boolean {
  return CARRIED.every((name) => a[name] === b[name]);
}
