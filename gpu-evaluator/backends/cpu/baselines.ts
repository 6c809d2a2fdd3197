/**
 * The baselines of one kernel: compiled and verified once, then kept as stopped processes, one for each workload,
 * that are woken to be timed beside each candidate. With them the source of the workload's inputs, which all share.
 */
import { join } from "node:path";
import type { CpuEffort } from "@kevo/core/effort/effort.ts";
import type { Workload } from "@kevo/proto/kernel.ts";
import type { InstalledKernel } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import { describeBaseline } from "./baseline-name.ts";
import { compileCandidate } from "./compile.ts";
import { failureOf } from "./failure.ts";
import { type Judging, judgingOf } from "./finding.ts";
import { InputSource } from "./input-source.ts";
import type { KernelEntry } from "./kernel-entry.ts";
import { type Baseline, setsOf } from "./paired-comparison.ts";
import type { ProcessTable } from "./process-table.ts";
import { ProcessFailed } from "./referee.ts";
import type { ReferenceData } from "./reference-data.ts";
import { median } from "./statistics.ts";
import { TimedProcess } from "./timed-process.ts";
import type { Toolchain } from "./toolchain.ts";

/** The processes beside which one workload's candidates are timed. */
export interface OpenWorkload {
  readonly table: ProcessTable;
  readonly source: InputSource;
  /** The fastest first. */
  readonly ranked: readonly [Baseline, ...Baseline[]];
}

/** In place of a baseline's name: the process that makes inputs. */
const INPUTS = Symbol("inputs");
type Owner = string | typeof INPUTS;
/** Rounds that decide once for each workload which baseline is the fastest. */
const RANKING_ROUNDS = 7;
/** A baseline is trusted to end, so its limit is only a backstop, milliseconds. */
export const BASELINE_LIMIT_MS = 60_000;

export class Baselines {
  readonly #toolchain: Toolchain;
  readonly #kernel: InstalledKernel;
  readonly #folder: string;
  readonly #data: ReferenceData;
  readonly #entry: KernelEntry;
  readonly #judging: Judging;
  #compiled: Promise<ReadonlyMap<string, string>> | null = null;
  /** By workload; forgotten when the referee that holds the processes has ended. */
  readonly #open = new Map<string, OpenWorkload>();

  constructor(toolchain: Toolchain, kernel: InstalledKernel, entry: KernelEntry, folder: string, data: ReferenceData) {
    this.#entry = entry;
    this.#judging = judgingOf(kernel.definition);
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

  /** In the lane: the baselines of a workload, ranked, and its inputs. */
  async open(table: ProcessTable, workload: Workload, budget: CpuEffort, signal: AbortSignal): Promise<OpenWorkload> {
    const known = this.#open.get(workload.name);
    if (known?.table === table) return known;
    const started = new Map<number, Owner>();
    try {
      const opened = await this.#start(table, workload, budget, signal, started);
      this.#open.set(workload.name, opened);
      return opened;
    } catch (error) {
      // Before they are ended: what they wrote to standard error is read.
      const fault = signal.aborted ? null : await this.#faultOf(error, table, started);
      for (const id of started.keys()) await table.end(id);
      throw fault ?? error;
    }
  }

  /** Outside the processes that are kept: the same program once more, which the caller ends. */
  async spawnTwin(name: string, { table, source }: OpenWorkload, signal: AbortSignal): Promise<TimedProcess> {
    const executable = (await this.compile(signal)).get(name);
    if (executable === undefined) throw new Error(`no baseline ${name}`);
    const id = await table.spawn(executable, this.#folderOf(name), source.id);
    return TimedProcess.open(id, source, this.#judging);
  }

  /** Whether a process is a baseline or makes inputs. */
  holds(id: number): boolean {
    return this.#running().has(id);
  }

  /** The kernel's fault in an error of one of its own processes, which are held; null for an error of another kind. */
  faultOf(error: unknown, table: ProcessTable): Promise<HostFault | null> {
    return this.#faultOf(error, table, this.#running());
  }

  /** Names of the baselines, and `INPUTS`, by the number of the process. */
  #running(): ReadonlyMap<number, Owner> {
    return new Map<number, Owner>(
      [...this.#open.values()].flatMap(({ source, ranked }) => [
        [source.id, INPUTS] as [number, Owner],
        ...ranked.map(({ name, process }) => [process.id, name] as [number, Owner]),
      ]),
    );
  }

  async #faultOf(error: unknown, table: ProcessTable, names: ReadonlyMap<number, Owner>): Promise<HostFault | null> {
    const id = error instanceof ProcessFailed ? error.process : ([...names.keys()].at(-1) ?? null);
    // A process that failed before it had a number here is the first one, which makes inputs.
    const name = id === null ? null : (names.get(id) ?? INPUTS);
    const isReference = name === INPUTS;
    const doing = isReference ? "making inputs" : "being timed";
    const failure = await failureOf(error, doing, table.folderOf(id), this.#kernel.definition);
    if (failure === null) return null;
    const { id: kernel } = this.#kernel.definition;
    if (isReference) {
      const message = `the program that makes inputs of kernel ${kernel} failed: ${failure.message}`;
      return new HostFault("reference_failed", message);
    }
    const { definition } = this.#kernel;
    const which = name === null ? `a baseline of kernel ${kernel}` : describeBaseline(definition, String(name));
    return new HostFault("baseline_failed", `${which} failed: ${failure.message}`);
  }

  /** Ends the processes of a workload, which were interrupted or may not be what they were; the next evaluation starts them again. */
  async close(workload: Workload): Promise<void> {
    const opened = this.#open.get(workload.name);
    this.#open.delete(workload.name);
    if (!opened?.table.referee.alive) return;
    for (const { process } of opened.ranked) await opened.table.end(process.id);
    await opened.table.end(opened.source.id);
  }

  /** Adds to `started` what it starts. */
  async #start(
    table: ProcessTable,
    workload: Workload,
    budget: CpuEffort,
    signal: AbortSignal,
    started: Map<number, Owner>,
  ): Promise<OpenWorkload> {
    // A pool's data: the files outlive every candidate.
    const data = await this.#data.of({ inputSeed: 0, purpose: "search" }, workload);
    const program = await this.#data.inputsProgram();
    const [layout] = data.verification as [string, ...string[]];
    const inputs = join(this.#folder, "inputs");
    const source = await InputSource.open(table, program, inputs, workload, layout).catch(
      this.#blame(
        "reference_failed",
        `the program that makes inputs of kernel ${this.#kernel.definition.id}`,
        `opening workload ${workload.name}`,
        inputs,
      ),
    );
    started.set(source.id, INPUTS);
    const baselines: Baseline[] = [];
    for (const [name, executable] of await this.compile(signal)) {
      const folder = this.#folderOf(name);
      const verify = async () => {
        const id = await table.spawn(executable, folder, source.id);
        started.set(id, name);
        const process = await TimedProcess.open(id, source, this.#judging);
        await process.verify(data, BASELINE_LIMIT_MS);
        return process;
      };
      const process = await verify().catch(
        this.#blame(
          "baseline_failed",
          describeBaseline(this.#kernel.definition, name),
          `verifying workload ${workload.name}`,
          folder,
        ),
      );
      baselines.push({ name, process });
    }
    const sets = setsOf(
      budget.batchMs,
      baselines.map(({ process }) => process),
    );
    const processes = baselines.map(({ process }) => process.id);
    const plan = { sets, limitMs: BASELINE_LIMIT_MS, bound: 0, processes };
    const times = plan.processes.map((): number[] => []);
    for (let round = 0; round < RANKING_ROUNDS; round++) {
      const played = await source.round(plan);
      if (!played.right) throw new Error("a round without candidates was judged");
      for (const [at, { ms }] of played.times.entries()) times[at]?.push(ms);
    }
    const medians = times.map(median);
    for (const [at, { process }] of baselines.entries()) process.callMs = medians[at] as number;
    const ranked = baselines.sort((a, b) => a.process.callMs - b.process.callMs);
    const [first, ...rest] = ranked;
    if (first === undefined) throw new Error("the kernel has no baselines");
    return { table, source, ranked: [first, ...rest] };
  }

  /** A baseline's failure names the baseline and includes its message. */
  #blame(fault: "baseline_failed" | "reference_failed", what: string, doing: string, folder: string) {
    return async (error: unknown): Promise<never> => {
      const failure = await failureOf(error, doing, folder, this.#kernel.definition);
      if (failure === null) throw error;
      throw new HostFault(fault, `${what} failed: ${failure.message}`);
    };
  }

  #folderOf(name: string): string {
    return join(this.#folder, name.replaceAll(/[^A-Za-z0-9-]/g, "_"));
  }

  async #compileAll(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { definition } = this.#kernel;
    const named = definition.baselines.length > 0 ? definition.baselines : [{ name: "default", config: {} }];
    const executables = new Map<string, string>();
    for (const { name, config } of named) {
      const whole = { ...definition.default, ...config };
      const folder = this.#folderOf(name);
      const entry = await this.#entry.get();
      const executable = await compileCandidate(this.#toolchain, this.#kernel, whole, folder, entry, { signal });
      if (typeof executable !== "string")
        throw new HostFault(
          "baseline_failed",
          `${describeBaseline(definition, name)} does not compile: ${executable.message}`,
        );
      executables.set(name, executable);
    }
    return executables;
  }
}
