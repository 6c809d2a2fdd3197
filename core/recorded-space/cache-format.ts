/** Kernel Tuner's cache format, as far as a replay needs it; other fields are let through. */
import { outcome } from "@kevo/proto/outcome.ts";
import { z } from "zod";

const milliseconds = z.number().nonnegative().catch(0);
const recordSchema = z.looseObject({
  /** Milliseconds, or the name of a failure. */
  time: z.union([z.number().positive(), z.string()]),
  times: z.array(z.number()).optional(),
  compile_time: milliseconds.default(0),
  verification_time: milliseconds.default(0),
  benchmark_time: milliseconds.default(0),
  framework_time: milliseconds.default(0),
  /** Of a failure, in the project's own recordings, where Kernel Tuner's three names say less. */
  outcome: outcome.exclude(["ok"]).optional().catch(undefined),
  message: z.string().nullish().catch(null),
});
export const fileSchema = z.looseObject({
  device_name: z.string().default(""),
  kernel_name: z.string(),
  objective: z.string().default("time"),
  tune_params_keys: z.array(z.string()).min(1),
  tune_params: z.record(z.string(), z.array(z.union([z.number(), z.string(), z.boolean()])).min(1)),
  cache: z.record(z.string(), recordSchema),
});
export type RecordedFile = z.infer<typeof fileSchema>;
