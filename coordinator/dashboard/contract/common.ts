/** What all answers of the dashboard's API share. Names are those of the JSON of `coordinator lineage`. */
import { paramValue } from "@kevo/proto/search-space.ts";
import { z } from "zod";

export const API_VERSION = 1;
/** Points of a series at most; every improvement is among them. */
export const MAX_POINTS = 2_000;
/** Characters of one text at most. What is longer is cut, and its length said. */
export const MAX_TEXT = 65_536;

export const count = z.int().nonnegative();
/** Milliseconds since 1970. */
export const moment = z.int();
/** `run/island/batch/index`. In an address it is encoded: the slashes are part of it. */
export const candidateId = z.string().min(1).max(300);
export const configuration = z.record(z.string(), paramValue);
export type Configuration = z.infer<typeof configuration>;

/** Text of a candidate, a compiler or a model: never markup. */
export const foreignText = z.object({
  text: z.string(),
  /** Of the whole, in characters. */
  length: count,
  /** Whether `text` is only its beginning. */
  cut: z.boolean(),
});
export type ForeignText = z.infer<typeof foreignText>;

/** A moment in a run, defined by its logs. */
export const position = z.object({
  /** Evaluations that the budget had counted. */
  evaluated: count,
  /** Number of the newest entry of each island's log, by index of the island. */
  logs: z.array(z.int().min(-1)),
});
export type Position = z.infer<typeof position>;

/** What a value of a run means: its number alone says nothing. */
export const objective = z.object({
  /** `speedup`, `time`, or the name of a recorded field or a user's value. */
  name: z.string(),
  /** `×` for the speedup; null where it has none. */
  unit: z.string().nullable(),
  direction: z.enum(["minimize", "maximize"]),
  /** What a speedup is against; null for every other objective. */
  against: z.string().nullable(),
});
export type Objective = z.infer<typeof objective>;

/** In the unit of the run's objective. The bounds are of the 95 % confidence interval; null where there is none. */
export const measured = z.object({
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});
export type Measured = z.infer<typeof measured>;

/** What every answer about a run says of where its figures come from. */
export const about = z.object({
  run: z.string(),
  kernel: z.string(),
  backend: z.string(),
  /** Device models that measured it, most candidates first; empty while nothing was measured. */
  devices: z.array(z.string()),
  /** Toolchains that compiled it, likewise. */
  toolchains: z.array(z.string()),
  objective,
  /** Of the program that answers. */
  version: z.string(),
  position,
  /** Evaluations counted by now: the end of the replay's slider. */
  latest: count,
  /** Whether `position` is the present one. */
  now: z.boolean(),
  /** Whether a coordinator works on the run at this moment. */
  live: z.boolean(),
});
export type About = z.infer<typeof about>;

export const ERROR_CODES = [
  /** No token, or a wrong one. */
  "unauthorized",
  /** The Host header names another host: it is not the address that the server was given. */
  "wrong_host",
  /** A request of another origin, or of a page that is none of ours. */
  "wrong_origin",
  "not_found",
  /** The query or the body does not fit; `message` says where. */
  "invalid",
  /** A filter expression that cannot be read; `column` says where. */
  "invalid_filter",
  /** The run is not in a state in which this can be done, or nobody works on it. */
  "refused",
  /** The database cannot be read at this moment. */
  "unavailable",
  "internal",
] as const;

/** Body of every answer that is no success. Programs act on the code; the message is for people. */
export const failure = z.object({
  error: z.object({
    code: z.enum(ERROR_CODES),
    message: z.string(),
    /** Of a filter: where in it, from 0. */
    column: count.optional(),
  }),
});
export type Failure = z.infer<typeof failure>;

/** As of the evaluation that was counted as the N-th; absent: now. */
const at = z.coerce.number().int().nonnegative().optional();
export const atQuery = z.object({ at });
export type AtQuery = z.infer<typeof atQuery>;
