/** Which faults a run meets, and when: pure, so that a seed repeats a schedule. */
import { islandRandom, type Random } from "@kevo/core/random/random.ts";

const PROCESSES = ["coordinator", "nats", "worker-0", "worker-1", "evaluator-0", "evaluator-1"] as const;
export type ProcessName = (typeof PROCESSES)[number];
const EVALUATORS = ["evaluator-0", "evaluator-1"] as const;
export type EvaluatorName = (typeof EVALUATORS)[number];
/** Programs whose connection goes through a link that can be cut: a worker's to NATS, the coordinator's to an evaluator. */
const LINKED = ["worker-0", "worker-1", "evaluator-0", "evaluator-1"] as const;
export type LinkName = (typeof LINKED)[number];
const CLOCKED = ["coordinator", "worker-0", "worker-1", "evaluator-0", "evaluator-1"] as const;
export type ClockedName = (typeof CLOCKED)[number];

export type Fault =
  | { readonly kind: "kill"; readonly target: ProcessName }
  | { readonly kind: "stop"; readonly target: ProcessName; readonly ms: number }
  | { readonly kind: "kill_compiler" | "stop_compiler"; readonly target: EvaluatorName }
  /** Nothing passes any more; then the connections break. */
  | { readonly kind: "cut"; readonly target: LinkName; readonly ms: number }
  | { readonly kind: "slow"; readonly target: LinkName; readonly ms: number; readonly delayMs: number }
  | { readonly kind: "disk_full"; readonly target: "volume"; readonly ms: number }
  /** The time of day jumps, and back after a while: evaluators serve no caller whose clock differs by minutes. */
  | { readonly kind: "clock"; readonly target: ClockedName; readonly ms: number; readonly byMs: number };

export interface Scheduled {
  readonly number: number;
  /** The fault happens once so many evaluations are stored. */
  readonly after: number;
  readonly fault: Fault;
}

/** A lease lasts five seconds: a worker that is stopped for longer is believed dead. */
const PAST_THE_LEASE_MS = 5_500;
const HOUR_MS = 3_600_000;

/** Of a hundred faults, about as many as the weight says. */
const WEIGHTS: readonly (readonly [weight: number, draw: (random: Random) => Fault])[] = [
  [10, (random) => ({ kind: "kill", target: random.choice(["worker-0", "worker-1"]) })],
  [10, (random) => ({ kind: "kill", target: random.choice(EVALUATORS) })],
  [6, () => ({ kind: "kill", target: "coordinator" })],
  [5, () => ({ kind: "kill", target: "nats" })],
  [8, (random) => ({ kind: "kill_compiler", target: random.choice(EVALUATORS) })],
  [6, (random) => ({ kind: "stop_compiler", target: random.choice(EVALUATORS) })],
  [9, (random) => stop(random, random.choice(["worker-0", "worker-1"]), PAST_THE_LEASE_MS)],
  [7, (random) => stop(random, random.choice(EVALUATORS), 500)],
  // A standby takes the place of a coordinator that is stopped for more than some three seconds.
  [4, (random) => stop(random, "coordinator", random.choice([500, 4_500]))],
  [4, (random) => stop(random, "nats", 500)],
  [10, (random) => ({ kind: "cut", target: random.choice(LINKED), ms: between(random, 300, 6_000) })],
  [
    9,
    (random) => ({
      kind: "slow",
      target: random.choice(LINKED),
      ms: between(random, 500, 4_000),
      delayMs: between(random, 20, 300),
    }),
  ],
  [4, (random) => ({ kind: "disk_full", target: "volume", ms: between(random, 300, 1_500) })],
  [
    8,
    (random) => ({
      kind: "clock",
      target: random.choice(CLOCKED),
      ms: between(random, 300, 4_000),
      byMs: between(random, -48, 48) * HOUR_MS,
    }),
  ],
];

const stop = (random: Random, target: ProcessName, atLeastMs: number): Fault => ({
  kind: "stop",
  target,
  ms: atLeastMs + between(random, 0, 2_500),
});

const between = (random: Random, low: number, high: number) => low + random.integer(high - low + 1);

/** @param perFault evaluations between two faults */
export function scheduleOf(seed: number, count: number, perFault: number): Scheduled[] {
  const random = islandRandom(seed, 0, 0, "faults");
  const weights = WEIGHTS.map(([weight]) => weight);
  return Array.from({ length: count }, (_, number) => {
    const draw = (WEIGHTS[random.weighted(weights)] as (typeof WEIGHTS)[number])[1];
    return { number, after: (number + 1) * perFault - random.integer(perFault), fault: draw(random) };
  });
}

/** One line for people. */
export function describeFault(fault: Fault): string {
  const { kind, target } = fault;
  switch (kind) {
    case "stop":
    case "cut":
    case "disk_full":
      return `${kind} ${target} for ${fault.ms} ms`;
    case "slow":
      return `slow ${target} by ${fault.delayMs} ms for ${fault.ms} ms`;
    case "clock":
      return `clock of ${target} by ${fault.byMs / HOUR_MS} h for ${fault.ms} ms`;
    default:
      return `${kind} ${target}`;
  }
}
