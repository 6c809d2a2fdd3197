/** A kernel's definition: `kernel.json` in the kernel's folder. */
import { z } from "zod";
import { BACKENDS } from "./backend-name.ts";
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

const ELEMENT_TYPES = ["f64", "f32", "f16", "bf16", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8"] as const;
export type ElementType = (typeof ELEMENT_TYPES)[number];

const argumentName = z
  .string()
  .max(31)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "an argument's name is letters, digits and underscores");

/** An argument of a C function: a size of the shape, or an array that is read, or written where it is an output. */
const argument = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ name: argumentName, type: z.literal("size") }),
    z.strictObject({
      name: argumentName,
      type: z.enum(ELEMENT_TYPES),
      /** How many elements: a product, sum or quotient of sizes and numbers, such as `rows * (columns + 2)`. */
      count: z.union([z.string().min(1).max(400), z.int().positive()]),
      output: z.boolean().default(false),
      /** Largest relative L2 error of this output; integers are compared exactly. */
      tolerance: z.number().positive().optional(),
    }),
  ],
  {
    error: ({ input }) => {
      const { name, type } = Object(input) as Record<string, unknown>;
      return `the argument ${JSON.stringify(name)} has the type ${JSON.stringify(type)}; possible are size, ${ELEMENT_TYPES.join(", ")}`;
    },
  },
);
export type KernelArgument = z.infer<typeof argument>;

/** A whole number, or an expression of parameters and sizes for one, in Python's syntax as constraints are. */
const amount = z.union([z.int().nonnegative(), z.string().min(1).max(400)]);
const threeSizes = z.array(amount).min(1).max(3);

/** CUDA: a tensor map, by value: boxes of a tensor, as the tensor memory accelerator copies them. */
const tensorMap = z.strictObject({
  map: argumentName,
  /** The tensor's dimensions from the outermost to the innermost, which is contiguous. */
  order: z.array(z.int().nonnegative()).min(2).max(4),
  /** Elements of a box in that order. */
  box: z.array(amount).min(2).max(4),
  /** Bytes of the pieces in which a box's rows lie in shared memory: 32, 64 or 128. */
  swizzle: amount,
});

/** CUDA: a launch of one function of the source. */
const launch = z.strictObject({
  /** A function that is `extern "C" __global__`. */
  kernel: argumentName.max(200),
  /** Blocks, then threads of a block: x, y and z, of which the last may be left out. */
  grid: threeSizes,
  block: threeSizes,
  /** Bytes of `extern __shared__` memory. */
  sharedBytes: amount.default(0),
  /**
   * In their order: sizes of the shape, which arrive as `int`; tensors of the reference, `out`, and scratch arrays; maps
   * of tensors.
   */
  arguments: z
    .array(z.union([argumentName, tensorMap]))
    .min(1)
    .max(64),
});

/** CUDA: memory that the launches share. `fp32` begins as not-a-number, `i32` as zeros, which it must be again at the end. */
const scratch = z.strictObject({ type: z.enum(["fp32", "i32"]), count: amount });

export const kernelDefinition = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "an id consists of lower-case letters, digits and dashes"),
  title: z.string().min(1),
  description: z.string().default(""),
  /** Backends that can run it. */
  backends: z.array(z.enum(BACKENDS)).min(1),
  ...searchSpaceDefinition.shape,
  /** Of a user's function; or of a recording that was tuned for something else than time. */
  objective: objective.optional(),
  /** The configuration that a competent engineer would write first; every parameter named. Null only without code. */
  default: config.nullable(),
  /** Named configurations timed beside each candidate; speedup is against the fastest. Parameters not named are the default's. */
  baselines: z.array(z.strictObject({ name: z.string(), config })).default([]),
  workloads: z.array(workload).min(1),
  /**
   * Sizes of the shapes that decide which configurations are good, those that decide most first: what did well on a
   * workload is tried first on those that are most alike. Absent: all sizes count alike.
   */
  features: z.array(z.string()).min(1).optional(),
  /** Largest relative L2 error of an output; by default what the type of its elements allows. */
  tolerance: z.strictObject({ relative_l2: z.number().positive() }).optional(),
  /** CPU: what `kevo_kernel` takes, in its order. Absent: single precision, one output, sizes from `kevo_describe`. */
  arguments: z.array(argument).min(1).max(32).optional(),
  /** CUDA: what one call launches, in this order. */
  launches: z.array(launch).min(1).max(16).optional(),
  scratch: z.record(argumentName, scratch).optional(),
  /** CUDA: sizes of the shape that the source knows when it is compiled, as macros such as `SHAPE_width`. */
  constants: z.array(argumentName).min(1).max(16).optional(),
  /** Files, relative to the folder. `source` is what the parameters compile; `reference` is trusted. Null without code. */
  source: fileName.nullable(),
  reference: fileName.nullable(),
  /** Whether a model wrote the code: on GPUs too it then compiles only in a sandbox, as evolved code does. */
  contained: z.boolean().optional(),
  /** Script that prints the time of a library everyone knows (NumPy, torch), where installed. */
  comparison: fileName.nullable().default(null),
});
export type KernelDefinition = z.infer<typeof kernelDefinition>;
