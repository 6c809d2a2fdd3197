/** The state of a run, and why it ended: codes for programs; the messages beside them are for people. */
import { z } from "zod";
import { failureCode } from "./failure.ts";

export const RUN_STATUSES = ["running", "interrupted", "completed", "stopped", "failed"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Why a run that did not fail ended. */
const searchEnd = z.enum([
  "budget_spent",
  /** No island has anything left to propose. */
  "space_exhausted",
  "time_up",
  /** `coordinator stop`. */
  "stop_requested",
  /** A signal, such as Ctrl-C. */
  "interrupted",
  /** No evaluator's host became quiet enough to measure on. */
  "machine_busy",
]);
export type SearchEnd = z.infer<typeof searchEnd>;

export const STATUS_OF_END = {
  budget_spent: "completed",
  space_exhausted: "completed",
  time_up: "completed",
  stop_requested: "stopped",
  interrupted: "interrupted",
  machine_busy: "interrupted",
} as const satisfies Record<SearchEnd, RunStatus>;

export const runEnd = z.enum([...searchEnd.options, ...failureCode.options]);
export type RunEnd = z.infer<typeof runEnd>;
