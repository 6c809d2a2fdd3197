/**
 * The CPU backend: kernels in C, compiled by the system's compiler for each candidate and timed on this machine's
 * own cores. A candidate runs in a separate process that a trusted referee starts, feeds, times and checks
 * from outside (`native/referee.c`).
 */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EFFORT } from "@kevo/core/effort/effort.ts";
import { cpuModel } from "@kevo/core/process/cpu-model.ts";
import type { Layer } from "@kevo/core/sandbox/sandbox.ts";
import type { Workload } from "@kevo/proto/kernel.ts";
import type { Artifact, Backend, Device, Failure, InputRemark, InstalledKernel, Job, Measured } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import { createScratch } from "../scratch.ts";
import { Baselines } from "./baselines.ts";
import { type ComparisonTimes, compareWithLibraries } from "./comparison.ts";
import { compileCandidate } from "./compile.ts";
import { DeviceLimits } from "./device-limits.ts";
import { failureOf } from "./failure.ts";
import { judgingOf } from "./finding.ts";
import { HostWatch } from "./host-activity.ts";
import { KernelEntry } from "./kernel-entry.ts";
import { measureAll, type WhenBusy } from "./measure.ts";
import { callLimit, type PairedComparison } from "./paired-comparison.ts";
import { ProcessTable } from "./process-table.ts";
import { ProcessFailed, Referee } from "./referee.ts";
import { ReferenceData } from "./reference-data.ts";
import { TimedProcess } from "./timed-process.ts";
import { prepareToolchain, type Toolchain } from "./toolchain.ts";

export interface CpuOptions {
  /**
   * Address space of a candidate, bytes. Default 2 GiB and 160 MiB for each core, whose threads have arenas and stacks.
   */
  readonly memoryBytes?: number;
  /** Longest verification or batch, milliseconds; default as in `core/effort`. */
  readonly runLimitMs?: number;
  /** Layers of the sandbox to leave out; for tests. */
  readonly without?: readonly Layer[];
  /** Default: refuse. */
  readonly whenBusy?: WhenBusy;
}

interface CpuArtifact extends Artifact {
  readonly folder: string;
  readonly executable: string;
}

/** Made once for each kernel. */
interface Prepared {
  readonly entry: KernelEntry;
  readonly data: ReferenceData;
  readonly baselines: Baselines;
  libraries: Promise<ComparisonTimes> | null;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** Of the address space, around the arrays, as KEVO_GAP of `native/channel.h`: on both sides of inputs and of outputs. */
const GAPS = 4 * 64 * MIB;
/**
 * Below the daemon's folder: what the referee and its processes see. The programs that start and confine them are
 * outside.
 */
const FOLDERS = ["candidates", "kernels", "empty"];

/** Compiles the support code and measures the machine's peak. Throws UserError when there is no C compiler. */
export async function openCpuBackend(options: CpuOptions = {}): Promise<Backend<CpuArtifact>> {
  const folder = await createScratch("cpu");
  try {
    for (const name of FOLDERS) await mkdir(join(folder, name));
    return new CpuBackend(folder, await prepareToolchain(join(folder, "support"), options), options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

class CpuBackend implements Backend<CpuArtifact> {
  readonly name = "cpu";
  readonly needsQuiet = true;
  readonly compileProcesses: number;
  readonly toolchain: string;
  readonly protection: Backend["protection"];
  readonly devices: readonly Device[];
  readonly #folder: string;
  readonly #tools: Toolchain;
  readonly #options: CpuOptions;
  readonly #secret = randomBytes(16).toString("hex");
  readonly #kernels = new Map<string, Prepared>();
  readonly #closing = new AbortController();
  readonly #limits: DeviceLimits;
  #table: ProcessTable | null = null;

  constructor(folder: string, tools: Toolchain, options: CpuOptions) {
    this.#folder = folder;
    this.#tools = tools;
    this.#options = options;
    this.#limits = new DeviceLimits(tools.rates, tools.peakGflops);
    this.toolchain = tools.description;
    this.protection = tools.sandbox;
    this.compileProcesses = tools.cores;
    this.devices = [{ id: "cpu:0", model: cpuModel(tools.cores), peakGflops: tools.peakGflops }];
  }

  async compile(job: Job, signal: AbortSignal): Promise<CpuArtifact | Failure> {
    signal.throwIfAborted();
    const folder = join(this.#folder, "candidates", randomUUID());
    const dispose = async () => rm(folder, { recursive: true, force: true });
    try {
      const prepared = this.#prepared(job.kernel);
      // Outside the lane, because references and baselines take longer than candidates.
      await prepared.baselines.compile(this.#closing.signal);
      await prepared.data.inputsProgram();
      for (const workload of job.workloads) {
        await prepared.data.of(job, workload);
        signal.throwIfAborted();
      }
      const entry = await prepared.entry.get();
      const executable = await compileCandidate(this.#tools, job.kernel, job.config, folder, entry, {
        signal,
        evolved: job.evolvedSource,
      });
      if (typeof executable === "string") return { folder, executable, dispose };
      await dispose();
      return executable;
    } catch (error) {
      await dispose();
      throw fullDisk(error);
    }
  }

  async measure(
    artifact: CpuArtifact,
    job: Job,
    _device: Device,
    onTiming: () => void,
    signal: AbortSignal,
  ): Promise<Measured | Failure> {
    signal.throwIfAborted();
    const prepared = this.#prepared(job.kernel);
    const table = this.#processes();
    const ids: number[] = [];
    const interrupt = () => table.referee.interrupt();
    signal.addEventListener("abort", interrupt);
    let doing = "starting";
    try {
      const comparisons: PairedComparison[] = [];
      const limits = EFFORT[job.effort].cpu[job.purpose];
      const budget = { ...limits, runLimitMs: this.#options.runLimitMs ?? limits.runLimitMs };
      for (const workload of job.workloads) {
        const search = EFFORT[job.effort].cpu.search;
        const opened = await prepared.baselines.open(table, workload, search, signal);
        const { source, ranked } = opened;
        const baselines: PairedComparison["baselines"] = job.purpose === "finalist" ? ranked : [ranked[0]];
        const data = await prepared.data.of(job, workload);
        doing = `starting on workload ${workload.name}`;
        const id = await table.spawn(artifact.executable, artifact.folder, source.id);
        ids.push(id);
        const candidate = await TimedProcess.open(id, source, judgingOf(job.kernel.definition));
        doing = `verifying workload ${workload.name}`;
        await candidate.verify(data, callLimit(budget, baselines));
        const spawnTwin = async () => {
          const process = await prepared.baselines.spawnTwin(ranked[0].name, opened, signal);
          ids.push(process.id);
          await process.verify(data, callLimit(budget, baselines));
          return process;
        };
        const twin = job.purpose === "finalist" ? await spawnTwin() : null;
        const answer = (seed: string) => prepared.data.answer(workload, seed);
        const emptyCall = (callMs: number) => table.emptyCall(callMs);
        comparisons.push({ candidate, baselines, emptyCall, twin, spawnTwin, unseen: data.unseen, answer });
        signal.throwIfAborted();
      }
      onTiming();
      doing = "timing";
      const libraries = job.purpose === "finalist" ? await this.#libraries(prepared, job, signal) : {};
      return await measureAll(comparisons, job, budget, {
        ...{ limits: this.#limits, libraries, watch: new HostWatch() },
        whenBusy: this.#options.whenBusy ?? "refuse",
      });
    } catch (error) {
      await this.#reopen(error, prepared, job);
      signal.throwIfAborted();
      const failure = await failureOf(error, doing, artifact.folder, job.kernel.definition);
      if (failure === null) throw fullDisk(error);
      return failure;
    } finally {
      signal.removeEventListener("abort", interrupt);
      for (const id of ids) await table.end(id);
      for (const path of await prepared.data.discard(job, job.workloads))
        if (table.referee.alive) await table.referee.command("drop", path);
    }
  }

  inputRemarks(kernel: InstalledKernel, workload: Workload): Promise<readonly InputRemark[]> {
    return this.#prepared(kernel).data.inputRemarks(workload);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the CPU backend is closed"));
    await this.#table?.referee.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #prepared(kernel: InstalledKernel): Prepared {
    let prepared = this.#kernels.get(kernel.hash);
    if (prepared === undefined) {
      const folder = join(this.#folder, "kernels", kernel.hash);
      const signal = this.#closing.signal;
      const entry = new KernelEntry(this.#tools, kernel, join(folder, "entry"), signal);
      const data = new ReferenceData(this.#tools, kernel, entry, folder, this.#secret, signal);
      const baselines = new Baselines(this.#tools, kernel, entry, folder, data);
      prepared = { entry, data, baselines, libraries: null };
      this.#kernels.set(kernel.hash, prepared);
    }
    return prepared;
  }

  /** The referee and its processes; a new one where a candidate took the last with it. */
  #processes(): ProcessTable {
    if (this.#table?.referee.alive) return this.#table;
    const memory = this.#options.memoryBytes ?? 2 * GIB + this.#tools.cores * 160 * MIB;
    const folders = FOLDERS.map((name) => join(this.#folder, name));
    const referee = new Referee(this.#tools.referee(folders), folders[0] as string);
    const { cores, emptyKernel } = this.#tools;
    const folder = join(this.#folder, "empty");
    this.#table = new ProcessTable(referee, { cores, memoryBytes: memory + GAPS, emptyKernel, folder });
    return this.#table;
  }

  /**
   * After a failure that was not the candidate's own, baselines are started again: one may have been interrupted in a
   * call. Throws HostFault where one failed by itself.
   */
  async #reopen(error: unknown, { baselines }: Prepared, job: Job): Promise<void> {
    if (!(error instanceof ProcessFailed) || error.process === null) return;
    if (error.how !== "aborted" && !baselines.holds(error.process)) return;
    const fault = await baselines.faultOf(error, this.#processes());
    for (const workload of job.workloads) await baselines.close(workload);
    if (error.how === "aborted") return;
    if (fault !== null) throw fault;
  }

  #libraries(prepared: Prepared, job: Job, signal: AbortSignal): Promise<ComparisonTimes> {
    const { kernel } = job;
    prepared.libraries ??= compareWithLibraries(
      kernel,
      kernel.definition.workloads,
      this.#tools,
      join(this.#folder, "comparisons", kernel.hash),
      this.#closing.signal,
    );
    signal.throwIfAborted();
    return prepared.libraries;
  }
}

/** A full disk is not a candidate's outcome: it stops the run with a clear message. */
function fullDisk(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new HostFault(
    "disk_full",
    `the disk that holds ${tmpdir()} is full; free some space or set TMPDIR to another disk`,
  );
}
