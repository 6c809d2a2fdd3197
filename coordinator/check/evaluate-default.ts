/** Builds, verifies and times the default configuration of a kernel as an evaluator does: by its daemon and backend. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { installKernel } from "@kevo/core/kernel/install.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { createLogger } from "@kevo/core/logging/logger.ts";
import type { InputRemark, InstalledKernel } from "@kevo/gpu-evaluator/backends/backend.ts";
import { HostFault } from "@kevo/gpu-evaluator/backends/host-fault.ts";
import { type BackendChoice, openBackend } from "@kevo/gpu-evaluator/cli/open-backend.ts";
import { Daemon } from "@kevo/gpu-evaluator/daemon/daemon.ts";
import { defaultCacheFolder } from "@kevo/gpu-evaluator/daemon/kernel-store.ts";
import type { StageName } from "@kevo/proto/attempt.ts";
import { measurementConditions } from "@kevo/proto/event.ts";
import type { KernelDefinition, Workload } from "@kevo/proto/kernel.ts";
import { measurementOfMessage } from "@kevo/proto/measurement-codec.ts";
import { type Outcome, outcome, type ReportedMeasurement } from "@kevo/proto/outcome.ts";
import type { Quietness } from "@kevo/proto/quietness.ts";

export interface Evaluated {
  readonly outcome: Outcome;
  readonly message: string;
  readonly measurements: readonly ReportedMeasurement[];
  readonly device: string;
  readonly toolchain: string;
  /** Null where the evaluator does not tell. */
  readonly quietness: Quietness | null;
  /** Of the inputs of the smallest workload. */
  readonly input_remarks: readonly InputRemark[];
}

/** The obstacle to an evaluation on this machine, such as a missing GPU. */
export interface NoDevice {
  readonly noDevice: UserError;
}

/** Before an evaluation the backend gets to know this machine. */
export type CheckStep = StageName | "PREPARING";

const ADVICE: Readonly<Record<HostFault["fault"], (definition: KernelDefinition) => string>> = {
  baseline_failed: ({ source, reference }) =>
    `Correct ${source}, or this configuration in kernel.json; or ${reference}, if that is wrong.`,
  reference_failed: ({ reference }) => `Correct ${reference}, or the shape in kernel.json.`,
  disk_full: () => "",
};

function quietnessIn(environmentJson: string): Quietness | null {
  return measurementConditions.parse(JSON.parse(environmentJson)).quietness ?? null;
}

/** Beside such a reference a right kernel looks wrong. */
function refuseUnsteady({ definition }: InstalledKernel, remarks: readonly InputRemark[] = []): void {
  if (!remarks.some(({ remark }) => remark === "unsteady")) return;
  throw new UserError(
    `${definition.reference} has other answers to the same inputs when it computes them again. Correct it: perhaps it draws random numbers, or reads memory that it never wrote.`,
    1,
    { code: "reference_failed" },
  );
}

/** Grows with the arrays, which is enough to compare workloads of one kernel. */
const elementsOf = ({ shape }: Workload) => Object.values(shape).reduce((product, size) => product * size, 1);

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/**
 * As a finalist: beside every baseline, on fresh inputs.
 * @throws UserError for a defect of the kernel's reference or baselines, or of this host.
 */
export async function evaluateDefault(
  kernel: KernelPackage,
  choice: BackendChoice,
  signal: AbortSignal,
  onStep: (step: CheckStep) => void,
): Promise<Evaluated | NoDevice> {
  const logger = createLogger("coordinator");
  onStep("PREPARING");
  const opened = await openBackend(choice, null, logger).catch((error: UserError) => {
    // Without a compiler nothing can be said about a C kernel; without a GPU much can be about a Triton one.
    if (choice.name === "cpu" || error.name !== "UserError") throw error;
    return error;
  });
  if (opened instanceof Error) return { noDevice: opened };
  const { backend } = opened;
  try {
    const installed = await installKernel(kernel.bytes, kernel.hash, defaultCacheFolder());
    const job = {
      candidate: "check/0/0/0",
      kernel: installed,
      config: installed.definition.default ?? {},
      workloads: installed.definition.workloads,
      effort: "quick",
      purpose: "finalist",
      inputSeed: 1,
      bestSpeedup: null,
      neverStopEarly: true,
    } as const;
    const smallest = job.workloads.reduce((least, next) => (elementsOf(next) < elementsOf(least) ? next : least));
    const told = async (error: unknown): Promise<never> => {
      if (!(error instanceof HostFault)) throw error;
      if (error.fault === "baseline_failed")
        refuseUnsteady(installed, await backend.inputRemarks?.(installed, smallest));
      throw new UserError(`${sentence(error.message)} ${ADVICE[error.fault](installed.definition)}`, 1, {
        ...(error.fault === "disk_full" ? {} : { code: error.fault }),
      });
    };
    const result = await new Daemon(backend, logger).evaluate(job, "", signal, onStep).catch(told);
    const remarks = result.outcome === "ok" ? backend.inputRemarks?.(installed, smallest) : undefined;
    return {
      outcome: outcome.parse(result.outcome),
      message: result.message ?? "",
      measurements: (result.measurements ?? []).map((one) => measurementOfMessage.parse(one)),
      device: result.deviceModel ?? "",
      toolchain: result.toolchain ?? "",
      quietness: result.environmentJson ? quietnessIn(result.environmentJson) : null,
      input_remarks: (await remarks?.catch(told)) ?? [],
    };
  } finally {
    await backend.close();
  }
}
