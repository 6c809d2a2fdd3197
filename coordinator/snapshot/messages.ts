/** A run as an operator on another machine sees it. Only programs of this package exchange it. */
import { objective } from "@kevo/proto/objective.ts";
import { outcome } from "@kevo/proto/outcome.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { z } from "zod";
import { fleetFigures } from "../fleet/figures.ts";

const v = z.literal(WIRE_VERSION);
const count = z.int().nonnegative();
const fitness = z.number().nullable();

const island = z.object({
  island: count,
  niche: z.string(),
  worker: z.string().nullable(),
  batches: count,
  evaluated: count,
  outstanding: count,
  bestFitness: fitness,
  bestTimeMs: z.number().nullable(),
  diversity: z.number().nullable(),
  exhausted: z.boolean(),
});
const device = z.object({ id: z.string(), model: z.string(), state: z.string(), busyShare: z.number().nullable() });
const evaluator = z.object({
  id: z.string(),
  address: z.string(),
  state: z.enum(["serving", "draining", "reserve", "lost", "disconnected", "unusable"]),
  credits: count,
  inFlight: count,
  devices: z.array(device),
});
const best = z.object({
  candidate: z.string(),
  fitness: z.number(),
  timeMs: z.number().nullable(),
  speedup: z.number().nullable(),
  proposer: z.string(),
  config: z.string(),
});
const snapshot = z.object({
  run: z.string(),
  kernel: z.string(),
  backend: z.string(),
  phase: z.string(),
  waiting: z.string().nullable().default(null),
  busy: z.string().nullable().default(null),
  objective: z.union([z.enum(["speedup", "time"]), objective]),
  elapsedS: z.number(),
  remainingS: z.number().nullable(),
  budget: z.number().nullable(),
  evaluated: count,
  cached: count,
  perSecond: z.number().nullable(),
  outcomes: z.record(outcome, count),
  best: best.nullable(),
  islands: z.array(island),
  evaluators: z.array(evaluator),
  /** Earlier versions do not tell. */
  fleet: fleetFigures.nullable().default(null),
});

/** `kevo.<run>.view`, request and reply. */
export const viewRequest = z.object({ v });
export const viewReply = z.object({ v, snapshot });
