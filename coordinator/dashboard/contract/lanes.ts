/** `runs/:run/lanes`: each device over time, evaluators coming and going. */
import { OUTCOMES } from "@kevo/proto/outcome.ts";
import { z } from "zod";
import { about, candidateId, count, moment } from "./common.ts";

export const lanesQuery = z.object({
  at: z.coerce.number().int().nonnegative().optional(),
  /** Milliseconds since 1970; absent: the whole run. */
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
});

/** One candidate on one device. Verification and timing hold the lane; they are stored as one duration. */
export const laneSpan = z.object({
  candidate: candidateId,
  outcome: z.enum(OUTCOMES),
  /** In order: compiled from `compile_from`, ready at `ready`, on the device from `lane_from` to `lane_to`. */
  compile_from: moment,
  ready: moment,
  lane_from: moment,
  lane_to: moment,
});
export type LaneSpan = z.infer<typeof laneSpan>;

export const lane = z.object({
  evaluator: z.string(),
  address: z.string(),
  device: z.string(),
  model: z.string(),
  /** Shares of each bin, 0 to 1; what is missing to 1 was idle. */
  busy: z.array(z.number()),
  /** Compile processes at work on average. */
  compiling: z.array(z.number()),
  /** Candidates that ended in each bin. */
  candidates: z.array(count),
  /** Over the whole window. */
  busy_share: z.number(),
  /** The single candidates; empty where there are more than 1,000 in the window: ask for a narrower one. */
  spans: z.array(laneSpan),
});
export type Lane = z.infer<typeof lane>;

export const lanesAnswer = z.object({
  about,
  from: moment,
  to: moment,
  /** Width of a bin, milliseconds; bins begin at `from`. */
  bin_ms: z.number().positive(),
  lanes: z.array(lane),
  evaluators: z.array(
    z.object({
      id: z.string(),
      address: z.string(),
      backend: z.string(),
      state: z.enum(["serving", "draining", "reserve", "lost", "disconnected", "unusable"]),
      first_seen: moment,
      last_seen: moment,
      candidates: count,
      lost_attempts: count,
    }),
  ),
  /** Attempts in progress. */
  current: z.array(
    z.object({ candidate: candidateId, evaluator: z.string(), stage: z.string().nullable(), since: moment }),
  ),
  /** What was said of evaluators and programs, in order. */
  notes: z.array(z.object({ at: moment, kind: z.string(), message: z.string() })),
});
export type LanesAnswer = z.infer<typeof lanesAnswer>;
