/** Measures what this machine's cores and memory give (`native/peak.c`), and reads how much its caches hold. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { runCommand } from "@kevo/core/process/command.ts";
import { describeEnd } from "@kevo/core/process/ended.ts";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import type { DeviceRates } from "./device-limits.ts";

const LIMIT_MS = 60_000;
const CPUS = "/sys/devices/system/cpu";
const UNITS: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
/** Size of the arrays whose reading is timed, as a multiple of the caches, within these bounds. */
const CACHES = 4;
const [MIN_BYTES, MAX_BYTES] = [64 * 1024 ** 2, 2 * 1024 ** 3];

/** @param peak program of `native/peak.c` */
export function deviceRates(peak: string, cores: number, folder: string): DeviceRates {
  const cacheBytes = cachesOf(CPUS);
  const run = async (...args: (string | number)[]) => {
    const measured = await runCommand([peak, ...args.map(String)], {
      cwd: folder,
      env: bareEnvironment(),
      timeoutMs: LIMIT_MS,
    });
    const rate = Number(measured.stdout);
    if (!(rate > 0)) {
      const why = measured.timedOut ? `it took longer than ${LIMIT_MS / 1000} s` : measured.stderr.trim();
      throw new UserError(
        `the program that measures this machine's speed failed: ${why || `it ${describeEnd(measured)}`}`,
      );
    }
    return rate;
  };
  const memoryBytes = Math.max(MIN_BYTES, Math.min(MAX_BYTES, CACHES * cacheBytes));
  return {
    gflops: (precision) => (precision === "f32" ? run(cores) : run(cores, precision)),
    gbytesPerSecond: (bytes = memoryBytes) => run(cores, bytes),
    cacheBytes,
  };
}

/** Bytes of all caches for data, each counted once. */
export function cachesOf(folder: string): number {
  const caches = new Map<string, number>();
  try {
    for (const cpu of readdirSync(folder).filter((name) => /^cpu\d+$/.test(name)))
      for (const index of readdirSync(join(folder, cpu, "cache")).filter((name) => name.startsWith("index"))) {
        const read = (name: string) => readFileSync(join(folder, cpu, "cache", index, name), "utf8").trim();
        if (read("type") === "Instruction") continue;
        const [, size = "0", unit = ""] = /^(\d+)([KMG]?)$/.exec(read("size")) ?? [];
        caches.set(`${read("level")} ${read("shared_cpu_list")}`, Number(size) * (UNITS[unit] ?? 1));
      }
  } catch {
    // Some virtual machines do not say.
  }
  const sum = [...caches.values()].reduce((all, size) => all + size, 0);
  return sum > 0 ? sum : Number.POSITIVE_INFINITY;
}
