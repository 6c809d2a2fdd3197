/** Validates the runner's answers: its processes run code that a proposer wrote. */

import { LANE_STAGES } from "@kevo/proto/attempt.ts";
import { type KernelResources, kernelResources } from "@kevo/proto/kernel-resources.ts";
import { measurement } from "@kevo/proto/outcome.ts";
import { z } from "zod";
import type { Frame } from "./frames.ts";
import { RunnerLost } from "./runner-process.ts";

const message = z.string().nullable();

export const compiled = z
  .object({
    outcome: z.enum(["ok", "compile_error", "incorrect", "invalid"]),
    message,
    program: z.unknown(),
    /** Of each kernel, by the workloads that it is compiled for. */
    kernels: z
      .array(z.object({ ...kernelResources.omit({ warps: true }).shape, num_warps: kernelResources.shape.warps }))
      .default([]),
    /** The candidate tampered with the process, which ends by itself. */
    fatal: z.boolean().default(false),
  })
  .refine(({ outcome, program }) => outcome !== "ok" || program != null, "it compiled to no program");

/** Those that differ: most workloads need the same. */
export function resourcesOf(kernels: z.infer<typeof compiled>["kernels"]): KernelResources[] {
  const all = kernels.map(({ num_warps: warps, ...rest }) => ({ ...rest, warps }));
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

const device = z.object({
  name: z.string(),
  uuid: z.string(),
  capability: z.tuple([z.int(), z.int()]),
  peak_gflops: z.number().nonnegative().nullable(),
  other_processes: z.int().nonnegative().nullable(),
});

export const described = z.object({
  device,
  /** Opaque: what the compile processes compile for. */
  target: z.record(z.string(), z.unknown()),
  toolchain: z.string(),
});
export type Described = z.infer<typeof described>;

export const probed = z.object({ ok: z.boolean(), message });

export const stage = z.object({ type: z.literal("stage"), stage: z.enum(LANE_STAGES) });

export const measured = z.object({
  /** `baseline_failed`: the kernel has nothing to be compared with, whatever the candidate. */
  outcome: z.enum(["ok", "incorrect", "crashed", "invalid", "baseline_failed"]),
  message,
  measurements: z.array(measurement),
  stopped_early: z.boolean(),
  /** Versions, clocks, temperature: for people. */
  environment: z.record(z.string(), z.unknown()).default({}),
  fatal: z.boolean(),
});

/** @throws RunnerLost when the frame is not what it should be. */
export function read<T>(schema: z.ZodType<T>, frame: Frame): T {
  const { data, error } = schema.safeParse(frame);
  if (!error) return data;
  const [issue] = error.issues;
  throw new RunnerLost("garbled", `its answer "${frame.type}": ${issue?.path.join(".")}: ${issue?.message}`);
}
