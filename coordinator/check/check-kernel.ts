/**
 * Finds mistakes in a kernel, or reports its room for improvement: checks its definition and space, then evaluates its
 * default configuration as a run would.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type KernelPackage, loadKernel } from "@kevo/core/kernel/load.ts";
import { compileConstraint, type UndefinedCase } from "@kevo/core/search-space/constraint.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { InputRemark } from "@kevo/gpu-evaluator/backends/backend.ts";
import { type Compiler, checkFlags } from "@kevo/gpu-evaluator/backends/parameter-arguments.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { ReportedMeasurement } from "@kevo/proto/outcome.ts";
import type { Quietness } from "@kevo/proto/quietness.ts";
import { type CodeRemarks, codeRemarks } from "./code-remarks.ts";
import { type DeadValue, deadValues } from "./dead-values.ts";
import { type CheckStep, evaluateDefault } from "./evaluate-default.ts";
import { findPythonFaults } from "./python-faults.ts";
import { type Room, roomOf } from "./room.ts";

const KERNELS = join(dirname(fileURLToPath(import.meta.resolve("@kevo/gpu-evaluator/package.json"))), "kernels");

export type CheckedBackend = "cpu" | "triton" | "cuda";

export interface SpaceReport {
  /** Combinations before constraints. */
  readonly combinations: number;
  readonly valid: number;
  /** False where `valid` is an estimate. */
  readonly exact: boolean;
  readonly dead_values: readonly DeadValue[];
  /** Constraints that have no value for some values, such as by a division by zero, each with the first such. */
  readonly undefined_constraints: readonly ({ readonly constraint: string } & UndefinedCase)[];
}

export type WorkloadReport = ReportedMeasurement & { readonly room: Room | null };

export interface CheckReport {
  readonly kernel: string;
  readonly backend: CheckedBackend;
  readonly space: SpaceReport;
  readonly code: CodeRemarks;
  /** Null where this machine cannot evaluate the kernel. */
  readonly default: {
    readonly device: string;
    readonly toolchain: string;
    readonly workloads: readonly WorkloadReport[];
    /** Null where the evaluator does not tell, as on GPUs. */
    readonly quietness: Quietness | null;
    readonly input_remarks: readonly InputRemark[];
  } | null;
  /** Why parts were not tried; null where all were. */
  readonly not_tried: string | null;
}

export interface CheckOptions {
  readonly backend: CheckedBackend | undefined;
  /** Value of KEVO_PYTHON. */
  readonly python: string | undefined;
  readonly signal: AbortSignal;
  /** Told of each part as it is known. */
  readonly onKernel: (kernel: KernelPackage, backend: CheckedBackend) => void;
  readonly onSpace: (space: SpaceReport) => void;
  readonly onCode: (code: CodeRemarks) => void;
  /** What it begins to do now. */
  readonly onStep: (step: CheckStep) => void;
}

/** @throws UserError that names the mistake and a remedy. */
export async function checkKernel(idOrPath: string, options: CheckOptions): Promise<CheckReport> {
  const kernel = await loadKernel(idOrPath, KERNELS);
  const { definition } = kernel;
  const backend = backendOf(definition, options.backend);
  options.onKernel(kernel, backend);
  const space = spaceReport(definition);
  options.onSpace(space);
  if (backend !== "triton") refuseFlags(definition, backend === "cuda" ? "nvrtc" : "cc");
  const code = codeRemarks(kernel, backend);
  options.onCode(code);
  if (backend !== "cpu") await findPythonFaults(kernel, backend, options);
  const choice = { name: backend, devices: undefined, python: options.python, whenBusy: "measure" as const };
  const evaluated = await evaluateDefault(kernel, choice, options.signal, options.onStep);
  const found = { kernel: definition.id, backend, space, code };
  if ("noDevice" in evaluated) return { ...found, default: null, not_tried: evaluated.noDevice.message };
  const { outcome, message, measurements, device, toolchain, quietness, input_remarks } = evaluated;
  if (outcome !== "ok") {
    throw new UserError(
      `The default configuration of ${definition.id} is ${outcome}: ${message}. ${advice(definition)}`,
    );
  }
  const workloads = measurements.map((one) => ({ ...one, room: roomOf(one) }));
  return { ...found, default: { device, toolchain, workloads, quietness, input_remarks }, not_tried: null };
}

/** A run would count every configuration with such a value as invalid. */
function refuseFlags(definition: KernelDefinition, compiler: Compiler): void {
  try {
    checkFlags(definition, compiler);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(`kernel.json: ${error.message}. Remove this value.`, 2);
  }
}

function advice({ source }: KernelDefinition): string {
  return `Correct ${source}, or the default in kernel.json.`;
}

function backendOf({ id, backends }: KernelDefinition, wanted: CheckedBackend | undefined): CheckedBackend {
  const backend =
    wanted ?? backends.find((name): name is CheckedBackend => name === "cpu" || name === "triton" || name === "cuda");
  if (backend !== undefined && backends.includes(backend)) return backend;
  throw new UserError(
    `The kernel ${id} is for ${backends.join(", ")}${wanted === undefined ? ", which has nothing to build" : `, not for ${wanted}; name one of these with --backend`}.`,
    2,
  );
}

function spaceReport(definition: KernelDefinition): SpaceReport {
  const space = openSpace(definition);
  const { size, count, countError, parameters } = space;
  return {
    combinations: size,
    valid: Math.round(count),
    exact: countError === 0,
    dead_values: deadValues(definition, space),
    undefined_constraints: definition.constraints.flatMap((constraint) => {
      const found = compileConstraint(constraint, parameters).undefinedCase();
      return found === null ? [] : [{ constraint, ...found }];
    }),
  };
}
