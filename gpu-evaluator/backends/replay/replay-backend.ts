/**
 * Replays a recorded search space: the recorded time is the measurement, recorded failures fail again, and the
 * recorded durations pass again, scaled, in the stages where they passed. Its devices are simulated.
 */
import { setTimeout as pause } from "node:timers/promises";
import { RECORDED_WORKLOAD, recordedKernel } from "@kevo/core/recorded-space/recorded-kernel.ts";
import type { RecordedEvaluation, RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import type { Artifact, Backend, Device, Failure, InstalledKernel, Job, Measured } from "../backend.ts";
import { unpaired } from "../unpaired.ts";

export interface ReplayOptions {
  readonly space: RecordedSpace;
  /** Numbers of the simulated devices, each with one lane. */
  readonly devices: readonly number[];
  /** 0: recorded durations pass at once; 1: they take what they took. */
  readonly timeScale: number;
}

export interface ReplayBackend extends Backend<Replayed> {
  /** The recording as the only kernel that it evaluates. */
  readonly kernel: InstalledKernel;
}

interface Replayed extends Artifact {
  readonly recorded: RecordedEvaluation;
}

export function openReplayBackend({ space, devices, timeScale }: ReplayOptions): ReplayBackend {
  const { definition, hash } = recordedKernel(space);
  const pass = async (recordedMs: number, signal: AbortSignal) => {
    if (recordedMs * timeScale > 0) await pause(recordedMs * timeScale, undefined, { signal });
  };

  return {
    name: "replay",
    protection: { description: "nothing runs", contains: true },
    toolchain: `recorded ${space.kernelName}`,
    kernel: { hash, folder: "", definition },
    devices: devices.map((number): Device => ({ id: `replay:${number}`, model: space.deviceName, peakGflops: null })),
    // One for each lane keeps it busy while compiling takes no longer than the measurement.
    compileProcesses: devices.length,
    needsQuiet: false,

    compile: async (job: Job, signal: AbortSignal): Promise<Replayed | Failure> => {
      const recorded = space.lookup(job.config);
      if (recorded === null) return { outcome: "invalid", message: "this configuration was not recorded" };
      await pass(recorded.compile_ms, signal);
      // A candidate that the recording's compiler refused never reaches the lane.
      const { outcome } = recorded;
      if (outcome === "compile_error" || outcome === "invalid") return failureOf(recorded, outcome);
      return { recorded, dispose: async () => {} };
    },

    measure: async (
      { recorded }: Replayed,
      _job: Job,
      _device: Device,
      onTiming: () => void,
      signal: AbortSignal,
    ): Promise<Measured | Failure> => {
      await pass(recorded.verify_ms, signal);
      if (recorded.outcome !== "ok") return failureOf(recorded, recorded.outcome);
      onTiming();
      await pass(recorded.benchmark_ms, signal);
      return { outcome: "ok", measurements: [measurementOf(recorded)], stoppedEarly: false };
    },

    close: async () => {},
  };
}

function failureOf(recorded: RecordedEvaluation, outcome: Failure["outcome"]): Failure {
  return { outcome, message: `recorded as ${recorded.message}` };
}

function measurementOf({ time_ms, samples, metrics }: RecordedEvaluation): Measured["measurements"][number] {
  return unpaired({ workload: RECORDED_WORKLOAD, time_ms, samples: [...samples], metrics: { ...metrics } });
}
