/**
 * The interface of a backend. The daemon owns queues, credits, deadlines of the whole call and the lane of each
 * device; a backend compiles, verifies and times one candidate.
 */
import type { Purpose } from "@kevo/core/effort/effort.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import type { KernelDefinition, Workload } from "@kevo/proto/kernel.ts";
import type { KernelResources } from "@kevo/proto/kernel-resources.ts";
import type { Measurement, Outcome, ReportedMeasurement } from "@kevo/proto/outcome.ts";
import type { Effort } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { z } from "zod";

export interface Device {
  /** Physical identity and key of the host-wide lock: `cpu:0`, a GPU's UUID. */
  readonly id: string;
  readonly model: string;
  /** Measured peak, GFLOP/s; null where it is not known yet. */
  readonly peakGflops: number | null;
  /** CUDA compute capability such as `9.0`; absent on other devices. */
  readonly capability?: string;
  /** How many processes of others computed on it when it was opened. */
  readonly otherProcesses?: number;
}

/** A kernel's folder on this host, unpacked by content hash. */
export interface InstalledKernel {
  readonly hash: string;
  readonly folder: string;
  readonly definition: KernelDefinition;
}

export interface Job {
  readonly candidate: string;
  readonly kernel: InstalledKernel;
  readonly config: Config;
  /** Absolute path of evolved source, which takes the place of the kernel's own; a model wrote it. */
  readonly evolvedSource?: string;
  readonly workloads: readonly Workload[];
  readonly effort: Effort;
  readonly purpose: Purpose;
  readonly inputSeed: number;
  /** Best geometric-mean speedup of the run so far; null when none. */
  readonly bestSpeedup: number | null;
  /** Every sample is taken, however slow the candidate is. */
  readonly neverStopEarly: boolean;
}

/**
 * What keeps an input from telling a right kernel from a wrong one: all its elements are equal, it is the same for every
 * seed as all inputs are, or the right answers do not depend on it. Unsteady: they differ from one time to the next.
 */
export const inputRemark = z.enum(["constant", "seedless", "ignored", "unsteady"]);
export interface InputRemark {
  readonly remark: z.infer<typeof inputRemark>;
  /** Its place among the inputs. */
  readonly input: number;
}

/** A candidate that failed: its outcome and the message for people and proposers. */
export interface Failure {
  readonly outcome: Exclude<Outcome, "ok">;
  readonly message: string;
}

export interface Measured {
  readonly outcome: "ok";
  readonly measurements: readonly (Measurement | ReportedMeasurement)[];
  readonly stoppedEarly: boolean;
  /** Measurement conditions: versions, clocks, temperature; for people. */
  readonly environment?: Readonly<Record<string, unknown>>;
}

/** A compiled candidate. `dispose` removes its files; calling it twice is harmless. */
export interface Artifact {
  /** Of each different kernel; absent where the compiler says nothing. */
  readonly resources?: readonly KernelResources[];
  readonly dispose: () => Promise<void>;
}

export interface Backend<A extends Artifact = Artifact> {
  readonly name: Exclude<BackendName, "helion">;
  /** The protection of this host, one line. If `contains` is false, it does not suffice for code that a model wrote. */
  readonly protection: { readonly description: string; readonly contains: boolean };
  /** Compiler, driver and libraries, one line; part of what makes two evaluations comparable. */
  readonly toolchain: string;
  readonly devices: readonly Device[];
  /** How many candidates may compile at once. */
  readonly compileProcesses: number;
  /** True where compiling disturbs timing, so that the host's quiet lock must be held (the CPU backend). */
  readonly needsQuiet: boolean;
  /** Most candidates that it takes at once; absent where the daemon may keep some ready for each device. */
  readonly maxAtOnce?: number;
  /**
   * Tells of devices, by their place in `devices`, that fail their health probe, and that pass it again. A device
   * that is not healthy is measured on no more. Backends whose devices cannot fail have no such thing.
   */
  watchHealth?(listener: (device: number, healthy: boolean) => void): void;
  /** Outside the lane. Its limit starts when it is called. Aborting ends its processes. */
  compile(job: Job, signal: AbortSignal): Promise<A | Failure>;
  /** In the lane, alone on the device. `onTiming` is called once verification has passed. */
  measure(
    artifact: A,
    job: Job,
    device: Device,
    onTiming: () => void,
    signal: AbortSignal,
  ): Promise<Measured | Failure>;
  /** For the author of a kernel. Absent where nothing is looked for. */
  inputRemarks?(kernel: InstalledKernel, workload: Workload): Promise<readonly InputRemark[]>;
  /** Ends every process and removes every scratch file. */
  close(): Promise<void>;
}

export function isFailure(value: Artifact | Measured | Failure): value is Failure {
  return "outcome" in value && value.outcome !== "ok";
}
