/** `POST runs/:run/actions/ACTION`. Each is stored as an event that says who did it and when. */
import { z } from "zod";
import { about, configuration, count } from "./common.ts";

/** The name under which the action is stored; absent: the user of the serving process. */
const by = z.string().trim().min(1).max(100).optional();

export const ACTION_BODIES = {
  /** Accept no more batches for now; what is outstanding is finished. */
  pause: z.strictObject({ by }),
  resume: z.strictObject({ by }),
  /** Accept no more batches, wait for the outstanding candidates, name the winner. */
  stop: z.strictObject({ by }),
  /** Send no more candidates to an evaluator, or to one again (`drain: false`). */
  drain: z.strictObject({ by, evaluator: z.string().min(1).max(200), drain: z.boolean().default(true) }),
  /** Evaluate this configuration. It is validated, counted, and a candidate of the proposer `injected`. */
  inject: z.strictObject({ by, island: count.default(0), config: configuration }),
  /** Offer the elites of the islands to their neighbours now. */
  migrate: z.strictObject({ by }),
  /** At least one. Evaluations are in all; seconds from now on. */
  budget: z.strictObject({
    by,
    evaluations: z.int().positive().optional(),
    time_s: z.number().positive().optional(),
  }),
} as const;
export type Action = keyof typeof ACTION_BODIES;
export const ACTIONS = Object.keys(ACTION_BODIES) as Action[];
export type ActionBody<A extends Action> = z.input<(typeof ACTION_BODIES)[A]>;

export const actionAnswer = z.object({
  about,
  done: z.literal(true),
  /** What happens now, for people. */
  message: z.string(),
  /** Of `inject`: the new candidate. */
  candidate: z.string().nullable(),
});
export type ActionAnswer = z.infer<typeof actionAnswer>;
