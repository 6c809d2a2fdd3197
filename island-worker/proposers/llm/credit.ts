/**
 * Decides who proposes next: the classical operators, or which model with which prompt. Each is an arm. Its credit is
 * the improvement by its candidates (the logarithm of new best over old, summed) relative to its use of the run's two
 * budgets: a share of the evaluations and a share of the dollars. Older results fade, so that an exhausted arm loses
 * its share and one that becomes useful is noticed; a floor keeps each arm in use.
 */
import type { Random } from "@kevo/core/random/random.ts";
import type { MadeCall } from "@kevo/proto/log.ts";
import { type RunSpec, UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";

/** `classical`, or a model's name and a variant of the prompt. */
export type Arm = string;
export const CLASSICAL: Arm = "classical";

/** Variants of the prompt: build on the best, or explore untried regions. */
const VARIANTS = ["refine", "diverse"] as const;
export type Variant = (typeof VARIANTS)[number] | "control";

/** Share of an arm's past credit that remains after each further result of its island. */
const MEMORY = 0.98;
/** Weight of the prior, in evaluations. */
const BELIEF = 4;
/** Share of candidates that models may get. */
const FLOOR = 0.05;
const CEILING = 0.5;
/** Share of calls dealt evenly among a model's arms. */
const EVEN = 0.3;

export interface Earned {
  gain: number;
  evaluations: number;
  usd: number;
  fade(): void;
}

export function openEarned(): Earned {
  return {
    gain: 0,
    evaluations: 0,
    usd: 0,
    fade() {
      this.gain *= MEMORY;
      this.evaluations *= MEMORY;
      this.usd *= MEMORY;
    },
  };
}

/** How much better a new best is than the old one: the logarithm of their ratio, where both have one sign. */
export function gainOver(best: number, fitness: number): number {
  const sameSign = Math.sign(best) * Math.sign(fitness) > 0;
  const gain = sameSign
    ? Math.sign(best) * Math.log(fitness / best)
    : (2 * (fitness - best)) / (Math.abs(fitness) + Math.abs(best) || 1);
  return Math.max(0, gain);
}

export function armOf({ model, variant }: Pick<MadeCall, "model" | "variant">): Arm {
  return `${model} ${variant}`;
}

export interface Choice {
  readonly model: string;
  readonly variant: Variant;
}

/** The arms that ask a model. */
export function choicesOf(spec: RunSpec): Choice[] {
  const { models, control } = spec.llm ?? { models: [], control: false };
  const variants: readonly Variant[] = control ? ["control"] : VARIANTS;
  return models.flatMap((model) => variants.map((variant) => ({ model, variant })));
}

/** Evaluations of a run that only the clock limits, as far as models are dealt a share of it. */
const PLANNED = 1_000;

export function plannedEvaluations({ evaluations }: Pick<RunSpec, "evaluations">): number {
  return evaluations === UNLIMITED_EVALUATIONS ? PLANNED : evaluations;
}

/** Improvement for a whole budget, of some arms together. */
export type Rate = (...arms: readonly Arm[]) => number;

/**
 * The earnings of each arm, from all islands' histories in the order of the islands. An arm without results counts as
 * average.
 */
export function ratesOf(spec: RunSpec, islands: readonly ReadonlyMap<Arm, Earned>[]): Rate {
  const planned = plannedEvaluations(spec);
  const sums = new Map<Arm, { gain: number; cost: number }>();
  let [gain, cost] = [0, 0];
  for (const earned of islands) {
    for (const arm of [...earned.keys()].sort()) {
      const own = earned.get(arm) as Earned;
      const used = own.evaluations / planned + dollarShare(spec, own.usd);
      const sum = sums.get(arm) ?? { gain: 0, cost: 0 };
      sums.set(arm, { gain: sum.gain + own.gain, cost: sum.cost + used });
      gain += own.gain;
      cost += used;
    }
  }
  const belief = BELIEF / planned;
  const usual = cost > 0 ? gain / cost : 0;
  return (...arms) => {
    const known = arms.flatMap((arm) => sums.get(arm) ?? []);
    const earned = known.reduce((sum, own) => sum + own.gain, belief * usual);
    return earned / known.reduce((sum, own) => sum + own.cost, belief);
  };
}

/** Share of the candidates that models should propose now. */
export function modelShare(rate: Rate, choices: readonly Choice[]): number {
  const models = rate(...choices.map(armOf));
  const classical = rate(CLASSICAL);
  const preference = models + classical > 0 ? models / (models + classical) : 0.5;
  return FLOOR + (CEILING - FLOOR) * preference;
}

/** Which model to ask how. The list must not be empty. */
export function drawChoice(rate: Rate, choices: readonly Choice[], random: Random): Choice {
  const rates = choices.map((choice) => rate(armOf(choice)));
  const sum = rates.reduce((total, each) => total + each, 0);
  const weights = rates.map((each) => EVEN / rates.length + (sum > 0 ? ((1 - EVEN) * each) / sum : 1));
  return choices[random.weighted(weights)] as Choice;
}

function dollarShare(spec: RunSpec, usd: number): number {
  const budget = spec.llm?.budget_usd ?? 0;
  return budget > 0 ? usd / budget : 0;
}
