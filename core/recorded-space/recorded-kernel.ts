/**
 * A recording as a kernel, so that a run and an evaluator that replay the same space mean the same by its hash.
 * Recordings of one kernel on several devices are one kernel: neither times nor the device are part of it.
 */
import { createHash } from "node:crypto";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import canonicalize from "canonicalize";
import { isPlainTime } from "./objective.ts";
import type { RecordedSpace } from "./recorded-space.ts";

/** The one workload of a recording. */
export const RECORDED_WORKLOAD = "recorded";

/** A recording as a kernel; `hash` is SHA-256 (lower-case hex) of `bytes`. */
export interface RecordedKernel {
  readonly definition: KernelDefinition;
  /** The definition's canonical JSON. Its configurations are sorted: recordings list them as they were measured. */
  readonly bytes: Uint8Array;
  readonly hash: string;
}

export function recordedKernel(space: RecordedSpace): RecordedKernel {
  const definition: KernelDefinition = {
    id: idOf(space.kernelName),
    title: `${space.kernelName}, recorded`,
    description: "",
    backends: ["replay"],
    ...space.definition,
    ...(!isPlainTime(space.objective) && { objective: space.objective }),
    default: null,
    baselines: [],
    // A recording does not say how much work a call is. Nothing is derived from these in replay.
    workloads: [{ name: RECORDED_WORKLOAD, shape: {}, flops: 1, bytes: 1 }],
    tolerance: { relative_l2: 1e-5 },
    source: null,
    reference: null,
    comparison: null,
  };
  const members = definition.members?.toSorted(byGenes);
  const bytes = Buffer.from(canonicalize({ ...definition, members }) as string);
  return { definition, bytes, hash: createHash("sha256").update(bytes).digest("hex") };
}

function byGenes(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((gene, index) => gene !== b[index]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

function idOf(kernelName: string): string {
  const id = kernelName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return id === "" ? "recorded" : id;
}
