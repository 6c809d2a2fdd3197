/** The search-space schema: what a kernel definition says about its parameters. Plain data, no behaviour. */
import { z } from "zod";

/** Characters of a value: compiler options are listed as one. */
const MAX_VALUE_LENGTH = 4_000;
/** Parameters of a space. */
const MAX_PARAMETERS = 256;
/** Characters of a configuration as JSON: batches of them must fit into messages. */
export const MAX_CONFIG_LENGTH = 32_768;

/** A value that a parameter can take. A permutation's value is the ordered list of its items. */
export const paramValue = z.union([
  z.number(),
  z.string().max(MAX_VALUE_LENGTH),
  z.boolean(),
  z.array(z.union([z.number(), z.string().max(MAX_VALUE_LENGTH)])).max(8),
]);
export type ParamValue = z.infer<typeof paramValue>;

/** Of a recording; a kernel's parameters become macros or arguments, and their names identifiers. */
const parameterName = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => !/\p{Cc}/u.test(text), "a parameter's name cannot contain control characters");
const name = parameterName.refine(
  (text) => text !== "__proto__",
  "a parameter cannot be named __proto__, which is reserved",
);

/** A configuration: parameter name to value. Key order does not matter; its hash is taken over canonical JSON. */
export const config = z.record(parameterName, paramValue);
export type Config = z.infer<typeof config>;

const scalar = z.union([z.number(), z.string().max(MAX_VALUE_LENGTH)]);
const about = {
  name,
  description: z.string().optional(),
  /**
   * An expression over other parameters, for example `KERNEL == "tiles"`. Where it does not hold, the kernel does not
   * read this one, which then has its value in the default configuration (its first value where there is no default).
   */
  activeWhen: z.string().min(1).max(4_000).optional(),
};
/**
 * By value, as text: the least CUDA compute capability whose devices can run it, and whether the kernel's author has
 * measured it on one. On other devices the value is not in the space.
 */
const requires = z
  .record(z.string(), z.strictObject({ capability: z.string().regex(/^\d+\.\d+$/), measured: z.boolean() }))
  .optional();

const parameter = z.discriminatedUnion("type", [
  /** Values without an order, such as a layout. */
  z.strictObject({ ...about, type: z.literal("categorical"), values: z.array(scalar).min(1), requires }),
  /** Values with an order but no even spacing, such as a tile size. Listed from small to large. */
  z.strictObject({ ...about, type: z.literal("ordinal"), values: z.array(scalar).min(1), requires }),
  /** min, min + step, …, at most max. */
  z.strictObject({
    ...about,
    type: z.literal("integer"),
    min: z.int(),
    max: z.int(),
    step: z.int().positive().default(1),
  }),
  z.strictObject({ ...about, type: z.literal("boolean") }),
  /** Every order of the items (at most 8 of them), such as the order of loops. */
  z.strictObject({ ...about, type: z.literal("permutation"), items: z.array(scalar).min(2).max(8) }),
]);
export type Parameter = z.infer<typeof parameter>;

export const searchSpaceDefinition = z.strictObject({
  parameters: z
    .array(parameter)
    .min(1, "at least one parameter is needed, or there is nothing to try")
    .max(MAX_PARAMETERS),
  /**
   * Expressions over parameter names, all of which must hold; for example `BLOCK_M % UNROLL == 0 or LAYOUT == "rows"`.
   */
  constraints: z.array(z.string().min(1).max(4_000)).default([]),
  /**
   * For unknown constraints (recorded spaces): every valid configuration, each a row of value indices in parameter
   * order. Other configurations are invalid.
   */
  members: z.array(z.array(z.int().nonnegative())).optional(),
});
export type SearchSpaceDefinition = z.infer<typeof searchSpaceDefinition>;
