/** The search-space schema: what a kernel definition says about its parameters. Plain data, no behaviour. */
import { z } from "zod";

/** A value that a parameter can take. A permutation's value is the ordered list of its items. */
export const paramValue = z.union([
  z.number(),
  z.string().max(200),
  z.boolean(),
  z.array(z.union([z.number(), z.string().max(200)])).max(8),
]);
export type ParamValue = z.infer<typeof paramValue>;

/** A configuration: parameter name to value. Key order does not matter; its hash is taken over canonical JSON. */
export const config = z.record(z.string().min(1).max(100), paramValue);
export type Config = z.infer<typeof config>;

const name = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "a parameter's name consists of letters, digits and underscores, and starts with a letter",
  );
const scalar = z.union([z.number(), z.string().max(200)]);
const about = { name, description: z.string().optional() };
/**
 * By value, as text: the least CUDA compute capability whose devices can run it, and whether whoever wrote the kernel
 * has measured it on one. Elsewhere the value is not in the space.
 */
const requires = z
  .record(z.string(), z.strictObject({ capability: z.string().regex(/^\d+\.\d+$/), measured: z.boolean() }))
  .optional();

export const parameter = z.discriminatedUnion("type", [
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
  parameters: z.array(parameter).min(1).max(64),
  /** Expressions over parameter names, all of which must hold; for example `BLOCK_M % UNROLL == 0 or LAYOUT == "rows"`. */
  constraints: z.array(z.string().min(1).max(500)).default([]),
  /**
   * Where constraints are not known (recorded spaces): every valid configuration, each a row of value
   * indices in parameter order. What is not listed is invalid.
   */
  members: z.array(z.array(z.int().nonnegative())).optional(),
});
export type SearchSpaceDefinition = z.infer<typeof searchSpaceDefinition>;
