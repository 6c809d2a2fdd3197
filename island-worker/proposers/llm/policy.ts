/** When an island asks a model, and which. Pure: it follows from the islands' histories and (seed, island, call). */
import { islandRandom } from "@kevo/core/random/random.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { WANTED_CHANGES } from "./code.ts";
import { awaitsResults, type CodeHistory } from "./code-history.ts";
import { type Choice, choicesOf, drawChoice, modelShare, plannedEvaluations, ratesOf } from "./credit.ts";
import type { IslandHistory } from "./island-history.ts";

/** Configurations asked for at once: enough to spread a prompt's price, few enough that the next knows more. */
const WANTED = 6;
/** Results an island needs before it asks a model: without them a model repeats what everyone writes first. */
const FIRST_RESULTS = 4;

export interface Occasion {
  readonly spec: RunSpec;
  readonly histories: readonly IslandHistory[];
  readonly island: number;
  /** Candidates that the island may propose now. */
  readonly count: number;
  /** Candidates expected of a pending call, or answered and not proposed yet. */
  readonly expected: number;
  /** The island's next batch; with it the question differs from the last one. */
  readonly k: number;
  /** Models that can answer. */
  readonly models: readonly string[];
}

export interface Asking extends Choice {
  readonly wanted: number;
  /** Of the question. */
  readonly seed: number;
}

/**
 * How the island should ask now; null: the classical proposers continue alone. A control makes as many calls as its
 * run, evenly over its evaluations.
 */
export function askingNow(occasion: Occasion): Asking | null {
  const { spec, histories, island, count, expected, k, models } = occasion;
  const choices = choicesOf(spec).filter(({ model }) => models.includes(model));
  const own = histories[island] as IslandHistory;
  if (choices.length === 0 || own.tried.length < FIRST_RESULTS) return null;
  const wanted = wantedOf(spec);
  const earnings = histories.map(({ earned }) => earned);
  const rate = ratesOf(spec, earnings);
  const candidates = own.accepted + count;
  const isDue =
    spec.llm?.control === true
      ? own.calls.size + Math.sign(expected) <
        Math.floor(((spec.llm.calls ?? 0) * candidates) / plannedEvaluations(spec))
      : own.fromModels + expected + wanted / 2 <= modelShare(rate, choices) * candidates;
  if (!isDue) return null;
  const random = islandRandom(spec.seed, island, k, "model");
  const choice = drawChoice(rate, choices, random);
  return { ...choice, wanted, seed: random.integer(2 ** 31 - 1) };
}

export interface CodeOccasion extends Occasion {
  readonly codeHistory: CodeHistory;
  /** The classical proposers have nothing, so nothing will be measured by waiting. */
  readonly alone: boolean;
}

/**
 * Where code evolves, models write and the classical proposers tune. A model is asked again when its last code has been
 * measured, since the next change starts from it; the first time when something is measured, or nothing else is left to
 * measure.
 */
export function askingForCode(occasion: CodeOccasion): Asking | null {
  const { spec, histories, island, expected, k, models, codeHistory, alone } = occasion;
  const choices = choicesOf(spec).filter(({ model }) => models.includes(model));
  const isMeasured = codeHistory.tried.length > 0;
  if (choices.length === 0 || expected > 0 || awaitsResults(codeHistory) || !(isMeasured || alone)) return null;
  const rate = ratesOf(
    spec,
    histories.map(({ earned }) => earned),
  );
  const random = islandRandom(spec.seed, island, k, "model");
  return { ...drawChoice(rate, choices, random), wanted: WANTED_CHANGES, seed: random.integer(2 ** 31 - 1) };
}

function wantedOf(spec: RunSpec): number {
  return spec.sync ? Math.min(WANTED, spec.batch_size) : WANTED;
}
