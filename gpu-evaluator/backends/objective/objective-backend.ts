/**
 * A function in the user's own process is what is measured: its value is the objective. Nothing is compiled, each of that
 * process's workers is a device, and no more is taken than they work on: a search that waits for each value proposes better
 * than one that is ahead of it.
 */
import type { Artifact, Backend, Device, Failure, Job, Measured } from "../backend.ts";
import { unpaired } from "../unpaired.ts";
import { ObjectiveChannel } from "./channel.ts";

interface Callable extends Artifact {
  readonly field: string;
}

export interface ObjectiveBackend extends Backend<Callable> {
  /** Id of the only kernel that it evaluates. */
  readonly kernelId: string;
}

const NOTHING_TO_REMOVE = async () => {};

/** @param onLost the process has ended. @throws UserError when it is not there. */
export async function openObjectiveBackend(path: string, onLost: (why: string) => void): Promise<ObjectiveBackend> {
  const channel = await ObjectiveChannel.open(path, onLost);
  const { kernel, pid, workers, device, toolchain } = channel.hello;
  return {
    name: "objective",
    kernelId: kernel,
    protection: { description: "the objective is the user's own code, in the user's own process", contains: true },
    toolchain,
    devices: Array.from({ length: workers }, (_, at) => ({
      id: `objective:${pid}:${at}`,
      model: device,
      peakGflops: null,
    })),
    compileProcesses: workers,
    maxAtOnce: workers,
    needsQuiet: false,

    compile: async ({ kernel: { definition } }: Job): Promise<Callable | Failure> => {
      const { objective } = definition;
      if (objective === undefined) return { outcome: "invalid", message: `${definition.id} has no objective` };
      return { field: objective.name, dispose: NOTHING_TO_REMOVE };
    },

    measure: async (
      { field }: Callable,
      { candidate, config, workloads }: Job,
      _device: Device,
      onTiming: () => void,
      signal: AbortSignal,
    ): Promise<Measured | Failure> => {
      onTiming();
      const answer = await channel.ask(candidate, config, signal);
      if ("outcome" in answer) return { outcome: answer.outcome, message: answer.message };
      const measurements = workloads.map(({ name }) =>
        unpaired({ workload: name, metrics: { [field]: answer.value } }),
      );
      return { outcome: "ok", measurements, stoppedEarly: false };
    },

    close: async () => channel.close(),
  };
}
