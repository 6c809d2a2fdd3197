/**
 * The baselines of one kernel: compiled and verified once, then kept as stopped processes, one for each workload,
 * that are woken to be timed beside each candidate.
 */
import { join } from "node:path";
import type { CpuEffort } from "@kevo/core/effort/effort.ts";
import type { Workload } from "@kevo/proto/kernel.ts";
import type { InstalledKernel } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import { compileCandidate } from "./compile.ts";
import type { ProcessTable } from "./process-table.ts";
import type { ReferenceData } from "./reference-data.ts";
import { median } from "./statistics.ts";
import type { Toolchain } from "./toolchain.ts";
import { Trial } from "./trial.ts";

export interface Baseline {
  readonly name: string;
  readonly trial: Trial;
}

/** Rounds that decide once for each workload which baseline is the fastest. */
const RANKING_ROUNDS = 7;
/** A baseline is trusted to end, so its limit is only a backstop, milliseconds. */
const BASELINE_LIMIT_MS = 60_000;

export class Baselines {
  readonly #toolchain: Toolchain;
  readonly #kernel: InstalledKernel;
  readonly #folder: string;
  readonly #data: ReferenceData;
  #compiled: Promise<ReadonlyMap<string, string>> | null = null;
  /** By workload; forgotten when the referee that holds the processes has ended. */
  readonly #open = new Map<string, { readonly table: ProcessTable; readonly ranked: readonly Baseline[] }>();

  constructor(toolchain: Toolchain, kernel: InstalledKernel, folder: string, data: ReferenceData) {
    this.#toolchain = toolchain;
    this.#kernel = kernel;
    this.#folder = folder;
    this.#data = data;
  }

  /** Outside the lane. HostFault when a baseline does not compile: then the kernel has nothing to be compared with. */
  compile(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    this.#compiled ??= this.#compileAll(signal).catch((error) => {
      this.#compiled = null;
      throw error;
    });
    return this.#compiled;
  }

  /** In the lane: the baselines of a workload, the fastest first. */
  async ranked(
    table: ProcessTable,
    workload: Workload,
    budget: CpuEffort,
    signal: AbortSignal,
  ): Promise<readonly Baseline[]> {
    const known = this.#open.get(workload.name);
    if (known?.table === table) return known.ranked;
    const baselines: Baseline[] = [];
    for (const [name, executable] of await this.compile(signal)) {
      const id = await table.spawn(executable, join(this.#folder, name.replaceAll(/[^A-Za-z0-9-]/g, "_")));
      // A pool's data: the files outlive every candidate.
      const data = await this.#data.of({ inputSeed: 0, purpose: "search" }, workload);
      const { relative_l2 } = this.#kernel.definition.tolerance;
      const trial = await Trial.open(table.referee, id, workload, data, relative_l2);
      await trial.verify(BASELINE_LIMIT_MS);
      baselines.push({ name, trial });
    }
    const times = baselines.map((): number[] => []);
    for (let round = 0; round < RANKING_ROUNDS; round++)
      for (const [at, { trial }] of baselines.entries())
        times[at]?.push(await trial.batch(budget.batchMs, BASELINE_LIMIT_MS));
    const order = baselines.map((baseline, at) => ({ baseline, ms: median(times[at] as number[]) }));
    const ranked = order.sort((a, b) => a.ms - b.ms).map(({ baseline }) => baseline);
    this.#open.set(workload.name, { table, ranked });
    return ranked;
  }

  async #compileAll(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { definition } = this.#kernel;
    const named = definition.baselines.length > 0 ? definition.baselines : [{ name: "default", config: {} }];
    const executables = new Map<string, string>();
    for (const { name, config } of named) {
      const folder = join(this.#folder, name.replaceAll(/[^A-Za-z0-9-]/g, "_"));
      const whole = { ...definition.default, ...config };
      const executable = await compileCandidate(this.#toolchain, this.#kernel, whole, folder, { signal });
      if (typeof executable !== "string")
        throw new HostFault(
          "baseline_failed",
          `baseline '${name}' of kernel ${definition.id} does not compile: ${executable.message}`,
        );
      executables.set(name, executable);
    }
    return executables;
  }
}
