/** A recording as a kernel, so that a run and an evaluator that replay the same file mean the same by its hash. */
import { createHash } from "node:crypto";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import canonicalize from "canonicalize";
import type { RecordedSpace } from "./recorded-space.ts";

/** The one workload of a recording. */
export const RECORDED_WORKLOAD = "recorded";

/** The definition, and SHA-256 (lower-case hex) of its canonical JSON together with the recorded device. */
export function recordedKernel(space: RecordedSpace): { definition: KernelDefinition; hash: string } {
  const definition: KernelDefinition = {
    id: idOf(space.kernelName),
    title: `${space.kernelName}, recorded${space.deviceName === "" ? "" : ` on ${space.deviceName}`}`,
    description: "",
    backends: ["replay"],
    ...space.definition,
    default: null,
    baselines: [],
    // A recording does not say how much work a call is. Nothing is derived from these in replay.
    workloads: [{ name: RECORDED_WORKLOAD, shape: {}, flops: 1, bytes: 1 }],
    tolerance: { relative_l2: 1e-5 },
    source: null,
    reference: null,
    comparison: null,
  };
  const hash = createHash("sha256")
    .update(canonicalize({ definition, device: space.deviceName }) as string)
    .digest("hex");
  return { definition, hash };
}

function idOf(kernelName: string): string {
  const id = kernelName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return id === "" ? "recorded" : id;
}
