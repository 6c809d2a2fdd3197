/** The backend that the options name, and where its kernels come from. */
import { fileURLToPath } from "node:url";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Logger } from "@kevo/core/logging/logger.ts";
import type { ObjectiveRequest } from "@kevo/core/recorded-space/objective.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import type { Backend } from "../backends/backend.ts";
import { openCpuBackend } from "../backends/cpu/cpu-backend.ts";
import type { WhenBusy } from "../backends/cpu/measure.ts";
import { CUDA } from "../backends/cuda/cuda-language.ts";
import { openObjectiveBackend } from "../backends/objective/objective-backend.ts";
import { openReplayBackend } from "../backends/replay/replay-backend.ts";
import { TRITON } from "../backends/triton/gpu-language.ts";
import { openTritonBackend } from "../backends/triton/triton-backend.ts";
import { type KernelStore, KernelUnavailable } from "../daemon/kernel-catalog.ts";
import { defaultCacheFolder, openKernelStore } from "../daemon/kernel-store.ts";

export type BackendChoice =
  | {
      readonly name: "cpu";
      readonly devices: readonly number[] | undefined;
      readonly whenBusy?: WhenBusy;
    }
  /** `python`: value of KEVO_PYTHON. */
  | {
      readonly name: "triton" | "cuda";
      readonly devices: readonly number[] | undefined;
      readonly python: string | undefined;
    }
  | {
      readonly name: "replay";
      readonly devices: readonly number[];
      readonly space: string;
      readonly timeScale: number;
      readonly objective?: ObjectiveRequest | undefined;
    }
  /** `socket`: value of KEVO_OBJECTIVE. */
  | { readonly name: "objective"; readonly socket: string };

/** @throws UserError when the surroundings lack something it needs. */
export async function openBackend(
  choice: BackendChoice,
  bus: Pick<Bus, "getObject"> | null,
  logger: Logger,
): Promise<{ backend: Backend; kernels: KernelStore }> {
  if (choice.name === "replay") {
    const backend = openReplayBackend({ ...choice, space: await loadRecordedSpace(choice.space, choice.objective) });
    const kernels: KernelStore = {
      get: async (hash) => {
        if (hash === backend.kernel.hash) return backend.kernel;
        throw new KernelUnavailable(
          `this evaluator replays ${choice.space} (kernel ${backend.kernel.hash}), not kernel ${hash}; give both sides the same --space`,
        );
      },
    };
    return { backend, kernels };
  }
  const storeFor = (backend: BackendName) => {
    const kernelsFolder = fileURLToPath(new URL("../kernels", import.meta.url));
    return openKernelStore({ kernelsFolder, cacheFolder: defaultCacheFolder(), backend, bus, logger });
  };
  if (choice.name === "objective") {
    const backend = await openObjectiveBackend(choice.socket, endWithObjective);
    return { backend, kernels: only(backend.kernelId, await storeFor(backend.name)) };
  }
  const backend = choice.name === "cpu" ? await openCpu(choice) : await openGpus(choice, logger);
  return { backend, kernels: await storeFor(backend.name) };
}

/** Another objective's kernel is nothing that this process could evaluate. */
function only(id: string, kernels: KernelStore): KernelStore {
  return {
    get: async (hash) => {
      const kernel = await kernels.get(hash);
      if (kernel.definition.id === id) return kernel;
      throw new KernelUnavailable(`this evaluator has the objective of ${id}, not that of ${kernel.definition.id}`);
    },
  };
}

/** Nobody is left who could evaluate anything, and what is under way has nobody who answers. */
function endWithObjective(): void {
  console.error("gpu-evaluator: the process with the objective has ended, and this evaluator with it");
  process.exit(1);
}

function openGpus(
  { name, devices, python }: BackendChoice & { name: "triton" | "cuda" },
  logger: Logger,
): Promise<Backend> {
  const language = name === "cuda" ? CUDA : TRITON;
  return openTritonBackend({ language, devices, python, onNote: (note) => logger.warn(note) });
}

function openCpu({ devices, whenBusy = "refuse" }: BackendChoice & { name: "cpu" }): Promise<Backend> {
  const other = devices?.find((device) => device !== 0);
  if (other !== undefined) {
    throw new UserError(`--devices ${other}: the CPU backend has one device, 0, which is all cores of this host.`, 2);
  }
  return openCpuBackend({ whenBusy });
}
