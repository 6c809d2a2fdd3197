/** The backend that the options name, and where its kernels come from. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import type { Backend } from "../backends/backend.ts";
import { openReplayBackend } from "../backends/replay/replay-backend.ts";
import { type KernelStore, KernelUnavailable } from "../daemon/kernel-catalog.ts";

export type BackendChoice =
  | { readonly name: "cpu"; readonly devices: readonly number[] | undefined }
  | {
      readonly name: "replay";
      readonly devices: readonly number[];
      readonly space: string;
      readonly timeScale: number;
    };

/** @throws UserError when the surroundings lack something it needs. */
export async function openBackend(
  choice: BackendChoice,
  _bus: Bus | null,
): Promise<{ backend: Backend; kernels: KernelStore }> {
  if (choice.name === "replay") {
    const backend = openReplayBackend({ ...choice, space: await loadRecordedSpace(choice.space) });
    const kernels: KernelStore = {
      get: async (hash) => {
        if (hash === backend.kernel.hash) return backend.kernel;
        throw new KernelUnavailable(
          `this evaluator replays ${choice.space} (kernel ${backend.kernel.hash}), not kernel ${hash}: give both sides the same --space`,
        );
      },
    };
    return { backend, kernels };
  }
  throw new UserError("--backend cpu is not wired yet");
}
