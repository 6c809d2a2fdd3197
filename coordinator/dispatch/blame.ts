/**
 * Whether a candidate is to blame for the evaluators that died while they had it. Pure.
 *
 * Evaluators die of candidates, and of much else: on machines that can be taken away, every few minutes. A death with
 * several candidates on the evaluator points at none of them, but after two of them a candidate is sent alone. Only a death
 * in which it was alone counts against it, and only as far as chance does not explain it: how often evaluators of this run
 * die otherwise, and how long this one lived with the candidate. Where none dies otherwise, the third death is enough.
 */

/** At least so many deaths, of which the last was with the candidate alone. */
const MIN_DEATHS = 3;
/** Deaths with it alone after which it is to blame even where evaluators die so often that chance explains them. */
const MAX_ALONE = 5;
/** Blamed where the chance that none of the deaths with it alone was its doing is at most this. */
const MAX_CHANCE = 1e-4;
/** A death is noticed late, and a candidate may have been sent to an evaluator that had ended: sooner proves no more. */
const MIN_MS = 1_000;
/** As many excuses are believed: a candidate could send its evaluator the signal to end, or make it seem dead. */
export const MAX_EXCUSED = 10;

/** An evaluator that died, or seemed to: one for all candidates of this run that it had. */
export interface Death {
  /** No other candidate of this run was there. */
  readonly alone: boolean;
  /** The evaluator itself says that it failed at this candidate: no chance. */
  readonly certain: boolean;
  /** It had been told to end, answers again, or died of a candidate that was found out. */
  excused: boolean;
}

/** A death, as one of the candidates that were there sees it. */
export interface Charge {
  readonly death: Death;
  /** How long the evaluator had had the candidate. */
  readonly ms: number;
}

export type Verdict = "again" | "alone" | "guilty";

/** How often evaluators of this run die, as far as no candidate is known to have done it. */
export class Mortality {
  readonly #unexplained = new Set<Death>();
  #servedMs = 0;
  #serving = 0;
  #since = 0;

  joined(now: number): void {
    this.#advance(now);
    this.#serving++;
  }

  left(now: number): void {
    this.#advance(now);
    this.#serving--;
  }

  died(alone: boolean): Death {
    const death: Death = { alone, certain: false, excused: false };
    this.#unexplained.add(death);
    return death;
  }

  excuse(death: Death): void {
    death.excused = true;
    this.#unexplained.delete(death);
  }

  /** The chance that an evaluator dies within this time of something else than what these charges are about. */
  chance(ms: number, charges: readonly Charge[], now: number): number {
    this.#advance(now);
    const own = charges.filter(({ death }) => this.#unexplained.has(death)).length;
    const others = this.#unexplained.size - own;
    return others === 0 ? 0 : 1 - Math.exp((-others / this.#servedMs) * Math.max(MIN_MS, ms));
  }

  #advance(now: number): void {
    this.#servedMs += this.#serving * (now - this.#since);
    this.#since = now;
  }
}

/** Deaths of which an earlier session of the coordinator knows only the number: enough to be sent alone, and no more. */
export function earlierCharges(count: number): Charge[] {
  return Array.from({ length: count }, () => ({
    death: { alone: false, certain: false, excused: false },
    ms: 0,
  }));
}

export function judge(charges: readonly Charge[], mortality: Mortality, now: number): Verdict {
  const counted = charges.filter(({ death }) => !death.excused);
  counted.push(...charges.filter(({ death }) => death.excused).slice(MAX_EXCUSED));
  if (counted.length < MIN_DEATHS - 1) return "again";
  if (counted.length < MIN_DEATHS) return "alone";
  const alone = counted.filter(({ death }) => death.alone);
  if (alone.length === 0) return "alone";
  if (alone.length >= MAX_ALONE) return "guilty";
  const chances = alone.map(({ death, ms }) => (death.certain ? 0 : mortality.chance(ms, charges, now)));
  return chances.reduce((all, one) => all * one, 1) <= MAX_CHANCE ? "guilty" : "alone";
}
