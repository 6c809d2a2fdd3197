/**
 * Calibrates what the CPU backend makes of a busy machine:
 *
 *     npm run bench:noise -- [--kernel FOLDER]... [--loops 0,1,2,4] [--unpinned] [--times 20] [--out FILE]
 *
 * Beside a number of busy loops, the fastest baseline of each kernel is measured as if it were a finalist, again and again:
 * equal programs, so every interval that leaves out 1 is a false claim. Then as in a search, where only the spread
 * matters. No measurement is refused here for being too noisy; the table says how many would be.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { combine } from "@kevo/coordinator/lineage/combine.ts";
import { renderTable } from "@kevo/coordinator/progress/table.ts";
import {
  type Backend,
  type Device,
  type InstalledKernel,
  isFailure,
  type Job,
} from "@kevo/gpu-evaluator/backends/backend.ts";
import { openCpuBackend } from "@kevo/gpu-evaluator/backends/cpu/cpu-backend.ts";
import { isTooBusy } from "@kevo/gpu-evaluator/backends/cpu/disturbance.ts";
import { kernelDefinition, type Workload } from "@kevo/proto/kernel.ts";
import { quietness } from "@kevo/proto/quietness.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { allowedCores, BusyLoops } from "./busy-loops.ts";

const KERNELS = fileURLToPath(new URL("../../gpu-evaluator/kernels/", import.meta.url));
/** Measurements of a finalist that a run combines. */
const ROUNDS = 2;

interface Row {
  readonly loops: number;
  readonly pinned: boolean;
  readonly kernel: string;
  readonly workload: string;
  readonly purpose: "search" | "finalist";
  readonly outcome: string;
  readonly speedup?: number;
  readonly low?: number;
  readonly high?: number;
  readonly quietness?: ReturnType<typeof quietness.parse>;
}

const { values } = parseArgs({
  options: {
    kernel: { type: "string", multiple: true, default: [join(KERNELS, "attention-cpu")] },
    loops: { type: "string", default: "0,1,2,4" },
    unpinned: { type: "boolean", default: false },
    times: { type: "string", default: "20" },
    out: { type: "string" },
  },
});
const [times, pinned] = [Number(values.times), !values.unpinned];
const rows: Row[] = [];
const backend = await openCpuBackend({ whenBusy: "measure" });
try {
  const kernels = values.kernel.map(kernelIn);
  const equal = new Map<InstalledKernel, Config>();
  for (const kernel of kernels) equal.set(kernel, await fastestBaseline(kernel));
  for (const loops of values.loops.split(",").map(Number)) {
    await using _ = await BusyLoops.start(loops, pinned);
    for (const [kernel, config] of equal)
      for (const workload of kernel.definition.workloads)
        for (const purpose of ["finalist", "search"] as const)
          for (let time = 0; time < times; time++)
            rows.push({ loops, pinned, ...(await measure(backend, kernel, config, workload, purpose, time)) });
  }
} finally {
  await backend.close();
}
const model = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores (${allowedCores().join(",")} of ${cpus().length})`;
if (values.out !== undefined) {
  const command = `npm run bench:noise -- ${process.argv.slice(2).join(" ")}`;
  writeFileSync(values.out, `${JSON.stringify({ command, model, date: new Date().toISOString(), rows })}\n`);
}
console.log(`${model}, ${times} of each\n${table()}`);

function kernelIn(folder: string): InstalledKernel {
  const text = readFileSync(join(folder, "kernel.json"), "utf8");
  return {
    hash: createHash("sha256").update(folder).update(text).digest("hex"),
    folder,
    definition: kernelDefinition.parse(JSON.parse(text)),
  };
}

/** Its configuration, by one measurement of the default. */
async function fastestBaseline({ ...kernel }: InstalledKernel): Promise<Config> {
  const { definition } = kernel;
  const found = await evaluate(backend, jobOf(kernel, definition.default ?? {}, definition.workloads, "finalist", 0));
  if (isFailure(found)) throw new Error(`${definition.id}: ${found.message}`);
  const name = found.measurements[0]?.baseline;
  const { config = {} } = definition.baselines.find((baseline) => baseline.name === name) ?? {};
  return { ...definition.default, ...config };
}

function jobOf(
  kernel: InstalledKernel,
  config: Config,
  workloads: readonly Workload[],
  purpose: Job["purpose"],
  inputSeed: number,
): Job {
  const effort = "quick";
  const all = { bestSpeedup: null, neverStopEarly: true };
  return { candidate: "noise/0/0/0", kernel, config, workloads, effort, purpose, inputSeed, ...all };
}

async function measure(
  on: Backend,
  kernel: InstalledKernel,
  config: Config,
  workload: Workload,
  purpose: Job["purpose"],
  time: number,
): Promise<Omit<Row, "loops" | "pinned">> {
  const row = { kernel: basename(kernel.folder), workload: workload.name, purpose };
  const found = await evaluate(on, jobOf(kernel, config, [workload], purpose, time + 1));
  if (isFailure(found)) return { ...row, outcome: `${found.outcome}: ${found.message}` };
  const [timing] = found.measurements;
  const told = quietness.safeParse(found.environment?.quietness).data;
  const { speedup, speedup_low: low, speedup_high: high } = timing ?? {};
  return {
    ...row,
    outcome: "ok",
    speedup: speedup as number,
    low: low as number,
    high: high as number,
    ...(told !== undefined && { quietness: told }),
  };
}

async function evaluate(on: Backend, job: Job) {
  const { signal } = new AbortController();
  const artifact = await on.compile(job, signal);
  if (isFailure(artifact)) return artifact;
  try {
    return await on.measure(artifact, job, on.devices[0] as Device, () => {}, signal);
  } finally {
    await artifact.dispose();
  }
}

function table(): string {
  const right = (head: string) => ({ head, align: "right" as const });
  const heads = [
    "loops",
    "ok",
    "furthest",
    "false claims",
    "combined",
    "too busy",
    "false of the rest",
    "waited",
    "A/A",
    "load",
  ];
  const groups = Map.groupBy(rows, ({ loops, kernel, workload, purpose }) =>
    [kernel, workload, purpose, loops].join("\t"),
  );
  return renderTable(
    [{ head: "kernel" }, { head: "workload" }, { head: "as" }, ...heads.map(right)],
    [...groups].map(([key, group]) => {
      const [kernel = "", workload = "", purpose = "", loops = ""] = key.split("\t");
      const ok = group.filter(({ outcome }) => outcome === "ok");
      const usable = ok.filter((row) => row.quietness === undefined || !isTooBusy(disturbanceIn(row)));
      const told = ok.flatMap((row) => (row.quietness === undefined ? [] : [row.quietness]));
      return [
        ...[kernel, workload, purpose, loops, `${ok.length}/${group.length}`],
        furthest(ok.map(({ speedup = 1 }) => speedup)).toFixed(2),
        `${ok.filter(isClaim).length}`,
        `${combined(ok).filter(isClaim).length}/${combined(ok).length}`,
        told.length === 0 ? "" : `${ok.length - usable.length}`,
        told.length === 0 ? "" : `${combined(usable).filter(isClaim).length}/${combined(usable).length}`,
        told.length === 0 ? "" : Math.max(...told.map(({ waited }) => waited)).toFixed(2),
        told.length === 0 ? "" : Math.max(...told.map(({ aa_ratio }) => aa_ratio)).toFixed(2),
        told.length === 0
          ? ""
          : (told.reduce((sum, { load_per_core }) => sum + (load_per_core ?? 0), 0) / told.length).toFixed(2),
      ];
    }),
    { colours: false },
  );
}

function disturbanceIn({ quietness: told }: Row) {
  const { aa_ratio = 1, waited = 0, drift = 1 } = told ?? {};
  return { repeated: aa_ratio, ownWait: waited, baselineWait: waited, drift };
}

function isClaim({ low = 0, high = Number.POSITIVE_INFINITY }: Pick<Row, "low" | "high">): boolean {
  return low > 1 || high < 1;
}

function furthest(ratios: readonly number[]): number {
  return Math.max(1, ...ratios.map((ratio) => Math.max(ratio, 1 / ratio)));
}

/** As a run combines the rounds of a finalist. */
function combined(measured: readonly Row[]): { low: number; high: number }[] {
  return Array.from({ length: Math.floor(measured.length / ROUNDS) }, (_, n) => {
    const { speedupLow, speedupHigh } = combine(
      measured.slice(n * ROUNDS, (n + 1) * ROUNDS).map(({ speedup = 1, low = 1, high = 1 }) => ({
        ...{ timeMs: 1, baselineMs: 1 },
        ...{ speedup, speedupLow: low, speedupHigh: high },
      })),
    );
    return { low: speedupLow ?? 0, high: speedupHigh ?? Number.POSITIVE_INFINITY };
  });
}
