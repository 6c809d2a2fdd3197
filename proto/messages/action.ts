/**
 * `kevo.<run>.action`, request and reply: a person acts on a run while its coordinator works. Each action that is done
 * is stored as an event of the kind `action`, which says who did it and when.
 */
import { z } from "zod";
import { config } from "../search-space.ts";
import { WIRE_VERSION } from "../version.ts";

const v = z.literal(WIRE_VERSION);
/** The name under which the action is stored; absent: the user of the process that asks. */
const by = z.string().trim().min(1).max(100).optional();

export const ACTION_BODIES = {
  /** Accept no batches until resumed; what is outstanding is finished. */
  pause: z.strictObject({ by }),
  resume: z.strictObject({ by }),
  /** Accept no more batches, wait for the outstanding candidates, name the winner. */
  stop: z.strictObject({ by }),
  /** Send no more candidates to an evaluator, or (`drain: false`) to one again. */
  drain: z.strictObject({ by, evaluator: z.string().min(1).max(200), drain: z.boolean().default(true) }),
  /** Evaluate this configuration. It is validated, counted, and a candidate of the proposer `injected`. */
  inject: z.strictObject({ by, island: z.int().nonnegative().default(0), config }),
  /** Offer the elites of the islands to their neighbours now. */
  migrate: z.strictObject({ by }),
  /** At least one of both. Evaluations are in all; seconds count from now on. */
  budget: z.strictObject({
    by,
    evaluations: z.int().positive().optional(),
    time_s: z.number().positive().optional(),
  }),
} as const;
export type Action = keyof typeof ACTION_BODIES;
export const ACTIONS = Object.keys(ACTION_BODIES) as [Action, ...Action[]];
export type ActionBody<A extends Action> = z.input<(typeof ACTION_BODIES)[A]>;

/** An action with what it needs, checked. */
export type RunAction = {
  [A in Action]: { readonly action: A; readonly body: z.output<(typeof ACTION_BODIES)[A]> };
}[Action];

/** `user`: of the process that asks, for an action that names nobody. */
const bodied = <A extends Action>(action: A) =>
  z.object({ v, user: z.string().max(200), action: z.literal(action), body: ACTION_BODIES[action] });

export const actionRequest = z.discriminatedUnion("action", [
  bodied("pause"),
  bodied("resume"),
  bodied("stop"),
  bodied("drain"),
  bodied("inject"),
  bodied("migrate"),
  bodied("budget"),
]);

export const actionReply = z.object({
  v,
  status: z.enum(["done", "refused"]),
  /** What happens now, or why nothing does, for people. */
  message: z.string(),
  /** Of `inject`: the new candidate. */
  candidate: z.string().nullable(),
});
export type ActionReply = z.infer<typeof actionReply>;
