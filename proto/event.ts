/**
 * Events of a run as a whole. Programs act on an event's kind and data; its message is for people alone.
 * Kinds with nothing to act on have no data.
 */
import { z } from "zod";
import { ACTIONS } from "./messages/action.ts";
import { quietness } from "./quietness.ts";
import { runEnd } from "./run-end.ts";

const candidate = z.string();
const ended = z.object({ end: runEnd });

/** The conditions of one measurement as the evaluator reported them: versions, clocks, temperature. */
export const measurementConditions = z
  .object({
    /** By workload: baselines that do not run on it, and why. */
    baselines_left_out: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    /** Of packages that baselines come from. */
    baseline_versions: z.record(z.string(), z.string()).optional(),
    quietness: quietness.optional(),
  })
  .catchall(z.unknown());
export type MeasurementConditions = z.infer<typeof measurementConditions>;

const nothing = z.undefined();

export const EVENT_DATA = {
  started: nothing,
  /** An action of an evaluator, a local program or the NATS server. */
  evaluator: nothing,
  program: nothing,
  nats: nothing,
  /** A message on NATS that was dropped. */
  malformed: nothing,
  /** Nothing happens; the message says why. */
  stalled: nothing,
  /** A worker leased an island: `batch` is the first that it may offer, and under an older epoch none is accepted from then on. */
  leased: z.object({
    island: z.int().nonnegative(),
    epoch: z.int().positive(),
    worker: z.string(),
    batch: z.int().nonnegative(),
  }),
  attempt_lost: z.object({ candidate, why: z.string() }),
  /** A finalist was measured again. */
  measured_under: z.object({ candidate, conditions: measurementConditions }),
  /** A finalist was wrong or broke on fresh inputs, which takes it out. */
  finalist_failed: z.object({ candidate, message: z.string() }),
  /** A model proposes nothing, and why. */
  model_trouble: z.object({ model: z.string(), kind: z.string(), text: z.string() }),
  /** Where its dashboard is, without the token. */
  dashboard: z.object({ address: z.string() }),
  /** A person acted on the run. */
  action: z.object({
    action: z.enum(ACTIONS),
    by: z.string(),
    /** What it was done with, such as a configuration. */
    details: z.record(z.string(), z.unknown()),
  }),
  /** No further batch is taken. */
  stopping: ended,
  /** The islands have nothing left to propose. */
  exhausted: ended,
  completed: ended,
  stopped: ended,
  interrupted: ended,
  failed: ended,
} as const;

export type EventKind = keyof typeof EVENT_DATA;
export type EventData<K extends EventKind> = z.infer<(typeof EVENT_DATA)[K]>;

/** The data of a stored event: no argument for a kind without data. */
export type DataArgument<K extends EventKind> = EventData<K> extends undefined ? [] : [data: EventData<K>];
