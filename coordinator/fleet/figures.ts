/** What an autoscaler needs to know of a run's evaluators: how much waits, how much is free, how busy they are. Pure. */
import { z } from "zod";
import type { FleetBounds } from "./bounds.ts";

const count = z.int().nonnegative();
/** Mean of the devices that serve, 0 to 1, over the last second; null while none has told. */
const share = z.number().min(0).max(1).nullable();

const ofModel = z.object({
  model: z.string(),
  /** Evaluators that serve and have such a device; one with several models counts for each. */
  evaluators: count,
  devices: count,
  devices_quarantined: count,
  busy_share: share,
  /** Of those evaluators: how many candidates they take at once, and how many more they could take now. */
  credits: count,
  credits_free: count,
  /** Candidates that no evaluator has yet, limited to this model. */
  candidates_waiting: count,
});

export const fleetFigures = z.object({
  evaluators: z.object({ serving: count, draining: count, reserve: count, away: count, unusable: count }),
  credits: count,
  credits_free: count,
  busy_share: share,
  /** Candidates that no evaluator has yet, for any device or for one model. */
  candidates_waiting: count,
  /** Candidates that evaluators have. */
  candidates_in_flight: count,
  /** How much of the budget no candidate has taken yet; null without a budget. */
  evaluations_left: count.nullable(),
  /** `--min-evaluators` and `--max-evaluators`. */
  floor: count,
  ceiling: count.nullable(),
  /** Fewer serve than the floor: the run waits. */
  below_floor: z.boolean(),
  /**
   * How many evaluators the run has work for, between floor and ceiling; the floor while it is paused, 0 when nothing is
   * left to do. Null where only a ceiling could say: a search takes any number.
   */
  evaluators_wanted: count.nullable(),
  models: z.array(ofModel),
});
export type FleetFigures = z.infer<typeof fleetFigures>;

/** An evaluator, as far as the figures need it. */
export interface CountedEvaluator {
  readonly state: "serving" | "draining" | "reserve" | "lost" | "disconnected" | "unusable";
  readonly credits: number;
  readonly inFlight: number;
  readonly devices: readonly { readonly model: string; readonly state: string; readonly busyShare: number | null }[];
}

export interface FleetWork {
  /** Candidates that no evaluator has yet, by the device model that they are limited to; null for any. */
  readonly waiting: ReadonlyMap<string | null, number>;
  readonly inFlight: number;
  readonly left: number | null;
  readonly paused: boolean;
}

export function figuresOf(
  evaluators: readonly CountedEvaluator[],
  { waiting, inFlight, left, paused }: FleetWork,
  { floor, ceiling }: FleetBounds,
): FleetFigures {
  const serving = evaluators.filter(({ state }) => state === "serving");
  const inState = (...states: CountedEvaluator["state"][]) =>
    evaluators.filter(({ state }) => states.includes(state)).length;
  const candidatesWaiting = sum([...waiting.values()]);
  const models = new Set([
    ...serving.flatMap(({ devices }) => devices.map(({ model }) => model)),
    ...[...waiting.keys()].flatMap((model) => model ?? []),
  ]);
  return {
    evaluators: {
      serving: serving.length,
      draining: inState("draining"),
      reserve: inState("reserve"),
      away: inState("lost", "disconnected"),
      unusable: inState("unusable"),
    },
    ...capacityOf(serving),
    candidates_waiting: candidatesWaiting,
    candidates_in_flight: inFlight,
    evaluations_left: left,
    floor,
    ceiling,
    below_floor: serving.length < floor,
    evaluators_wanted: paused ? floor : wanted(serving, candidatesWaiting + inFlight, left, { floor, ceiling }),
    models: [...models].sort().map((model) => ofOneModel(model, serving, waiting.get(model) ?? 0)),
  };
}

function ofOneModel(
  model: string,
  serving: readonly CountedEvaluator[],
  waiting: number,
): FleetFigures["models"][number] {
  const having = serving
    .map((one) => ({ ...one, devices: one.devices.filter((device) => device.model === model) }))
    .filter(({ devices }) => devices.length > 0);
  const devices = having.flatMap((one) => one.devices);
  return {
    model,
    evaluators: having.length,
    devices: devices.length,
    devices_quarantined: devices.filter(({ state }) => state === "quarantined").length,
    ...capacityOf(having),
    candidates_waiting: waiting,
  };
}

function capacityOf(serving: readonly CountedEvaluator[]) {
  const shares = serving.flatMap(({ devices }) => devices.flatMap(({ busyShare }) => busyShare ?? []));
  return {
    credits: sum(serving.map(({ credits }) => credits)),
    credits_free: sum(serving.map(({ credits, inFlight }) => Math.max(0, credits - inFlight))),
    busy_share: shares.length === 0 ? null : sum(shares) / shares.length,
  };
}

function wanted(
  serving: readonly CountedEvaluator[],
  outstanding: number,
  left: number | null,
  { floor, ceiling }: FleetBounds,
): number | null {
  if (outstanding === 0 && left === 0) return 0;
  if (left === null) return ceiling;
  const each = serving.length === 0 ? 1 : Math.max(1, sum(serving.map(({ credits }) => credits)) / serving.length);
  const byWork = Math.max(floor, Math.ceil((outstanding + left) / each), 1);
  // A budget of thousands is no reason for hundreds of machines: how many are worth their price, the user says.
  return ceiling === null ? null : Math.min(byWork, ceiling);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
