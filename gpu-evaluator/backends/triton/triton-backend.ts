/**
 * The backends for GPUs: kernels in Triton or CUDA C++, compiled in a pool of processes that see no GPU, and verified and
 * timed by one process for each device, which runs machine code and never a line of the candidate's Python (`runner/`).
 */
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EFFORT } from "@kevo/core/effort/effort.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Layer } from "@kevo/core/sandbox/sandbox.ts";
import type { Artifact, Backend, Device, Failure, InstalledKernel, Job, Measured } from "../backend.ts";
import { createScratch } from "../scratch.ts";
import * as answers from "./answers.ts";
import { CompilePool } from "./compile-pool.ts";
import { ContainedCompiler } from "./contained-compiler.ts";
import type { Frame } from "./frames.ts";
import { codeFileOf, type GpuLanguage, TRITON } from "./gpu-language.ts";
import { findGpus, type Gpu } from "./gpus.ts";
import { COMPILE_LIMIT_MS, silenceLimit } from "./limits.ts";
import { LANE_LIMITS, type LaneLimits, MeasuringLane } from "./measuring-lane.ts";
import { findPython, runnerEnvironment } from "./python.ts";
import { RunnerError, RunnerLost, RunnerProcess } from "./runner-process.ts";
import { openSharedArtefacts } from "./shared-artefacts.ts";

export interface TritonOptions {
  /** Triton when omitted. */
  readonly language?: GpuLanguage;
  /** Positions among the visible GPUs; undefined for all. */
  readonly devices: readonly number[] | undefined;
  /** Value of KEVO_PYTHON. */
  readonly python: string | undefined;
  readonly onNote: (message: string) => void;
  /** Where GPUs, Python and libraries are looked for; this process's own when omitted. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Layers of the sandbox to leave out; for tests. */
  readonly without?: readonly Layer[];
  readonly limits?: {
    readonly compileMs?: number;
    readonly silenceMs?: number;
    readonly compileMemoryBytes?: number;
    readonly lane?: Partial<LaneLimits>;
  };
}

export interface TritonArtifact extends Artifact {
  /** Opaque: launch plans and keys of machine code, no code. */
  readonly program: unknown;
  /** Where its machine code is. */
  readonly cacheDir: string;
}

const RUNNER = fileURLToPath(new URL("../../runner", import.meta.url));
const GIB = 1024 ** 3;
/** Cores that are left to the measuring process, the daemon and the rest of the cluster. */
const SPARE_CORES = 4;
/** Address space of a compile process, where memory is plenty. */
const COMPILE_MEMORY = 8 * GIB;
const MIN_COMPILE_MEMORY = 3 * GIB;

/** @throws UserError without a GPU, without a Python with torch and triton, or with a device that does not work. */
export async function openTritonBackend(options: TritonOptions): Promise<Backend<TritonArtifact>> {
  const environment = options.environment ?? process.env;
  const language = options.language ?? TRITON;
  const scratch = await createScratch(language.name);
  const closers: (() => Promise<void>)[] = [() => rm(scratch, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const env = runnerEnvironment(scratch, environment);
    const python = await findPython(options.python, env, language.title);
    const gpus = await findGpus(options.devices, environment, language.title);
    const compilerVersion = await language.compilerVersion?.(python, env);
    const cacheDir = join(scratch, "artefacts");
    await mkdir(cacheDir);
    const shared = await openSharedArtefacts(environment);
    if (shared.why !== null) options.onNote(`compiled kernels are not shared with other daemons: ${shared.why}`);

    const processes = compileProcesses(availableParallelism(), gpus);
    // The measuring process launches kernels from the CPU; it must not wait for a core that compiles.
    const compiler = { python, script: join(RUNNER, language.program), cwd: scratch, niceness: 10 };
    const memoryBytes = options.limits?.compileMemoryBytes ?? compileMemory(processes);
    const pool = new CompilePool(
      processes,
      () => new RunnerProcess({ ...compiler, memoryBytes, env: { ...env, CUDA_VISIBLE_DEVICES: "" } }),
    );
    closers.push(() => pool.close());
    const contained = ContainedCompiler.open({
      ...{ python, runner: RUNNER, program: language.program, scratch, memoryBytes },
      env: { ...env, CUDA_VISIBLE_DEVICES: "" },
      cc: (environment.CC?.trim() || "cc").split(/\s+/),
      ...(options.without !== undefined && { without: options.without }),
    });
    closers.push(() => contained.then(() => {}));

    const health = new Health();
    const lanes = gpus.map((gpu, index) => {
      const own = { ...env, CUDA_VISIBLE_DEVICES: gpu.uuid, CUDA_DEVICE_ORDER: "PCI_BUS_ID" };
      const measurer = { python, script: join(RUNNER, "measure_main.py"), cwd: scratch, env: own };
      const lane = new MeasuringLane({
        start: () => new RunnerProcess({ ...measurer, memoryBytes: null, niceness: 0 }),
        cacheDir,
        limits: { ...LANE_LIMITS, ...options.limits?.lane },
        onHealth: (healthy) => health.tell(index, healthy),
        onNote: (message) => options.onNote(`${gpu.uuid}: ${message}`),
      });
      closers.push(() => lane.close());
      return lane;
    });
    const described = await Promise.all(lanes.map((lane) => lane.open()));
    const evolved = await contained;
    return new TritonBackend({
      options,
      language,
      compilerVersion,
      gpus,
      described,
      cacheDir,
      sharedDir: shared.folder,
      pool,
      evolved,
      processes,
      lanes,
      health,
      close,
    });
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The other cores of this daemon's share of the host: who takes some of its GPUs leaves as much to the others. Compilers
 * of two daemons that each took all cores would slow both their measuring processes.
 */
export function compileProcesses(cores: number, gpus: readonly Gpu[]): number {
  const share = gpus.length / (gpus[0]?.ofHost ?? gpus.length);
  return Math.max(1, Math.floor(cores * share) - SPARE_CORES);
}

/** As much as all of them can have at once, within reason. */
function compileMemory(processes: number): number {
  return Math.min(COMPILE_MEMORY, Math.max(MIN_COMPILE_MEMORY, (0.6 * totalmem()) / processes));
}

/** Carries the devices' health to the daemon, which comes later than they do. */
class Health {
  listener: (device: number, healthy: boolean) => void = () => {};

  tell(device: number, healthy: boolean): void {
    this.listener(device, healthy);
  }
}

interface Parts {
  readonly options: TritonOptions;
  readonly language: GpuLanguage;
  readonly compilerVersion: string | undefined;
  readonly gpus: readonly Gpu[];
  readonly described: readonly answers.Described[];
  readonly cacheDir: string;
  /** Null where nothing is shared with other daemons. */
  readonly sharedDir: string | null;
  readonly pool: CompilePool;
  readonly evolved: ContainedCompiler;
  readonly processes: number;
  readonly lanes: readonly MeasuringLane[];
  readonly health: Health;
  readonly close: () => Promise<void>;
}

class TritonBackend implements Backend<TritonArtifact> {
  readonly name: GpuLanguage["name"];
  readonly needsQuiet = false;
  readonly compileProcesses: number;
  readonly toolchain: string;
  readonly protection: Backend["protection"];
  readonly devices: readonly Device[];
  readonly #parts: Parts;
  readonly #target: Readonly<Record<string, unknown>>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.name = parts.language.name;
    this.protection = parts.evolved.protection;
    const { gpus, described, processes, options } = parts;
    this.compileProcesses = processes;
    this.devices = gpus.map(({ uuid, name }, index) => {
      const device = described[index]?.device;
      const otherProcesses = device?.other_processes ?? 0;
      if (otherProcesses > 0) {
        options.onNote(`${otherProcesses} other processes also use ${uuid}: expect noisy times`);
      }
      const facts = { id: uuid, model: device?.name ?? name, peakGflops: device?.peak_gflops ?? null, otherProcesses };
      return device === undefined ? facts : { ...facts, capability: device.capability.join(".") };
    });
    const [first] = described as [answers.Described];
    this.toolchain = [parts.compilerVersion, first.toolchain].filter(Boolean).join(", ");
    this.#target = first.target;
    const other = described.findIndex(({ target }) => JSON.stringify(target) !== JSON.stringify(first.target));
    if (other >= 0) {
      throw new UserError(
        `The GPUs of this host need different machine code (${this.devices[0]?.model}, ${this.devices[other]?.model}). Start one gpu-evaluator for each model, with --devices.`,
      );
    }
  }

  watchHealth(listener: (device: number, healthy: boolean) => void): void {
    this.#parts.health.listener = listener;
  }

  async compile(job: Job, signal: AbortSignal): Promise<TritonArtifact | Failure> {
    signal.throwIfAborted();
    const { kernel, config, workloads, inputSeed, evolvedSource } = job;
    const limitMs = this.#parts.options.limits?.compileMs ?? COMPILE_LIMIT_MS;
    const source = codeFileOf(job);
    let ofLanguage: Record<string, unknown>;
    try {
      ofLanguage = this.#parts.language.ask(job);
    } catch (error) {
      if (error instanceof RangeError) return { outcome: "invalid", message: error.message };
      throw error;
    }
    const question = {
      ...ofLanguage,
      type: "compile",
      folder: kernel.folder,
      evolved: evolvedSource !== undefined,
      source,
      reference: kernel.definition.reference,
      config,
      workloads: workloads.map(({ name, shape }) => ({ name, shape })),
      target: this.#target,
      input_seed: inputSeed,
    };
    let dispose = async () => {};
    try {
      let { cacheDir } = this.#parts;
      const { pool, sharedDir } = this.#parts;
      let frame: Frame;
      if (evolvedSource === undefined && kernel.definition.contained !== true) {
        const own = { ...question, cache_dir: cacheDir, ...(sharedDir !== null && { shared_dir: sharedDir }) };
        frame = await pool.run(own, "compiled", limitMs, signal);
      } else {
        const readable = [kernel.folder, dirname(source)];
        ({ frame, cacheDir, dispose } = await this.#parts.evolved.run(question, readable, limitMs, signal));
      }
      const { outcome, message, program, kernels } = answers.read(answers.compiled, frame);
      if (outcome === "ok") return { program, resources: answers.resourcesOf(kernels), cacheDir, dispose };
      await dispose();
      return { outcome, message: message ?? outcome };
    } catch (error) {
      await dispose();
      return this.#lost(error, limitMs, signal);
    }
  }

  /** The outcome of a candidate whose compile process was lost. @throws errors that are not the candidate's */
  #lost(error: unknown, limitMs: number, signal: AbortSignal): Failure {
    signal.throwIfAborted();
    if (error instanceof RunnerError) throw new UserError(`the runner cannot compile: ${error.message}`);
    if (!(error instanceof RunnerLost)) throw error;
    if (error.how === "timeout") {
      return { outcome: "timeout", message: `compiling took longer than ${limitMs / 1000} s and was ended` };
    }
    return { outcome: "compile_error", message: `the candidate ended the compile process: ${error.message}` };
  }

  async measure(
    { program, cacheDir }: TritonArtifact,
    job: Job,
    device: Device,
    onTiming: () => void,
    signal: AbortSignal,
  ): Promise<Measured | Failure> {
    signal.throwIfAborted();
    const { lanes, options } = this.#parts;
    const lane = lanes[this.devices.indexOf(device)];
    if (lane === undefined) throw new Error(`the device ${device.id} has no lane`);
    const question = {
      type: "measure",
      ...folderOf(job.kernel),
      program,
      cache_dir: cacheDir,
      workloads: job.workloads,
      input_seed: job.inputSeed,
      tolerance: job.kernel.definition.tolerance?.relative_l2 ?? null,
      windows: EFFORT[job.effort].gpu[job.purpose].windows,
      purpose: job.purpose,
      best_speedup: job.neverStopEarly ? null : job.bestSpeedup,
    };
    return lane.measure(question, options.limits?.silenceMs ?? silenceLimit(job), onTiming, signal);
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}

function folderOf({ folder, definition }: InstalledKernel): { folder: string; reference: string | null } {
  return { folder, reference: definition.reference };
}
