/** The one outcome of a candidate that the budget counts. */
import { z } from "zod";

export const OUTCOMES = ["ok", "compile_error", "incorrect", "crashed", "timeout", "invalid"] as const;
export const outcome = z.enum(OUTCOMES);
export type Outcome = z.infer<typeof outcome>;

/** Longest stored message about a failed candidate: more of a compiler's output helps neither people nor models. */
export const MAX_MESSAGE_CHARACTERS = 4_000;

/** The time of one workload, and how it compares with the fastest baseline measured beside it. */
/** Where the bytes of a call lie: in memory, or in caches, where all of them fit. */
const bandwidthOf = z.enum(["memory", "cache"]);
export type BandwidthOf = z.infer<typeof bandwidthOf>;

export const measurement = z.object({
  workload: z.string(),
  /** Median, milliseconds. */
  time_ms: z.number().positive(),
  /** Fastest baseline's median in the same interleaved session, milliseconds; null in replay. */
  baseline_ms: z.number().positive().nullable(),
  baseline: z.string().nullable(),
  /** baseline_ms / time_ms, with the bounds of its confidence interval; null in replay. */
  speedup: z.number().positive().nullable(),
  speedup_low: z.number().positive().nullable(),
  speedup_high: z.number().positive().nullable(),
  gflops: z.number().nonnegative().nullable(),
  /** Share of the device's measured peak, 0 to 1. */
  peak_share: z.number().nonnegative().nullable(),
  /** GB/s of the workload's bytes. */
  gbytes_per_s: z.number().nonnegative().nullable().default(null),
  /** Share of the measured bandwidth of what holds the workload's bytes; null where that is not known. */
  bandwidth_share: z.number().nonnegative().nullable().default(null),
  bandwidth_of: bandwidthOf.nullable().default(null),
  /** Relative L2 error against the reference. */
  error: z.number().nonnegative().nullable(),
  /** Every timed batch, milliseconds. */
  samples: z.array(z.number()),
  /** Other times measured beside it, such as NumPy's or torch's, milliseconds. */
  others: z.record(z.string(), z.number()).default({}),
});
export type Measurement = z.infer<typeof measurement>;

/** A measurement as evaluators report it: that of a recording which was tuned for something else than time as well. */
export const reportedFields = measurement.extend({
  /** Null where such a recording has no time. */
  time_ms: measurement.shape.time_ms.nullable(),
  /** Its objective, and the field beside it, by their names there. */
  metrics: z.record(z.string(), z.number()).default({}),
});
export type ReportedMeasurement = z.infer<typeof reportedFields>;

/** As an evaluator may send it. */
export const reportedMeasurement = reportedFields.refine(
  ({ time_ms, metrics }) => time_ms !== null || Object.keys(metrics).length > 0,
  "a measurement has a time, or the objective of a recording",
);
