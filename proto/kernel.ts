/** A kernel's definition: `kernel.json` in the kernel's folder. */
import { z } from "zod";
import { objective } from "./objective.ts";
import { config, searchSpaceDefinition } from "./search-space.ts";

const fileName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/)
  .refine((name) => !name.split("/").includes(".."), "a kernel's file must be inside the kernel's folder");

const workload = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_./-]*$/),
  /** Integers that the kernel's source and reference receive by name, such as sequence length. */
  shape: z.record(z.string(), z.number()),
  /** Floating-point operations of one call; where they are not given, no report speaks of GFLOP/s. */
  flops: z.number().positive().optional(),
  /** Fewest bytes of one call: each input read once, each output written once; without them there are no GB/s. */
  bytes: z.number().positive().optional(),
});
export type Workload = z.infer<typeof workload>;

export const kernelDefinition = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "an id consists of lower-case letters, digits and dashes"),
  title: z.string().min(1),
  description: z.string().default(""),
  /** Backends that can run it. */
  backends: z.array(z.enum(["cpu", "triton", "helion", "replay"])).min(1),
  ...searchSpaceDefinition.shape,
  /** Replay of a recording that was tuned for something else than time. */
  objective: objective.optional(),
  /** The configuration that a competent engineer would write first; every parameter named. Null only in replay. */
  default: config.nullable(),
  /** Named configurations timed beside each candidate; speedup is against the fastest. Parameters not named are the default's. */
  baselines: z.array(z.strictObject({ name: z.string(), config })).default([]),
  workloads: z.array(workload).min(1),
  tolerance: z.strictObject({ relative_l2: z.number().positive() }).default({ relative_l2: 1e-5 }),
  /** Files, relative to the folder. `source` is what the parameters compile; `reference` is trusted. Null in replay. */
  source: fileName.nullable(),
  reference: fileName.nullable(),
  /** Whether a model wrote the code: on GPUs too it then compiles only in a sandbox, as evolved code does. */
  contained: z.boolean().optional(),
  /** Script that prints the time of a library everyone knows (NumPy, torch), where installed. */
  comparison: fileName.nullable().default(null),
});
export type KernelDefinition = z.infer<typeof kernelDefinition>;
