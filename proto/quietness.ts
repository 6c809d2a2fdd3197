/** How quiet a machine was while something was timed on it. */
import { z } from "zod";

const share = z.number().nonnegative();

/** Shares are of the time, 0 to 1. Null where the system does not say. */
export const quietness = z.object({
  /** Threads of other programs that ran or wanted to, per core. */
  load_per_core: z.number().nonnegative().nullable(),
  /** Time that a hypervisor gave to other machines. */
  stolen: share.nullable(),
  /** Time in which some thread of the machine waited for a core: pressure stall information. */
  pressure: share.nullable(),
  /** Time that threads of the candidate or of its baseline waited for a core, whichever waited more. */
  waited: share,
  /** A baseline against itself in another process, as a ratio of at least 1. */
  aa_ratio: z.number().min(1),
  /** The same baseline in the first half of the time and in the second, likewise: a clock that moves, or a machine that grows busy. */
  drift: z.number().min(1),
});
export type Quietness = z.infer<typeof quietness>;

/** Of all measurements of a run's finalists: means of what the system says, and the worst of the others. */
export const runQuietness = quietness.extend({ measurements: z.int().positive() });
export type RunQuietness = z.infer<typeof runQuietness>;
