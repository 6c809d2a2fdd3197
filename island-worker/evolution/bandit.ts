/**
 * Credit over the operators that derive offspring: adaptive pursuit (Thierens, 2005). Each has an estimate of how often
 * its candidates are good; the one with the highest is pursued, the others keep a floor, so that one that becomes
 * useful is noticed.
 */
import type { Random } from "@kevo/core/random/random.ts";

export const ARMS = ["differential_evolution", "crossover", "mutation", "random"] as const;
export type Arm = (typeof ARMS)[number];
export type Credit = Readonly<Record<Arm, { readonly quality: number; readonly share: number }>>;

const FLOOR = 0.1;
const CEILING = 1 - FLOOR * (ARMS.length - 1);
const LEARNING = 0.15;
const PURSUIT = 0.2;

export function openCredit(): Credit {
  const share = 1 / ARMS.length;
  return Object.fromEntries(ARMS.map((arm) => [arm, { quality: 0.5, share }])) as Credit;
}

/** `reward` in [0, 1]. */
export function credited(credit: Credit, arm: Arm, reward: number): Credit {
  const quality = (name: Arm) => {
    const before = credit[name].quality;
    return name === arm ? before + LEARNING * (reward - before) : before;
  };
  let pursued: Arm = ARMS[0];
  for (const name of ARMS) if (quality(name) > quality(pursued)) pursued = name;
  const share = (name: Arm) => {
    const before = credit[name].share;
    return before + PURSUIT * ((name === pursued ? CEILING : FLOOR) - before);
  };
  return Object.fromEntries(ARMS.map((name) => [name, { quality: quality(name), share: share(name) }])) as Credit;
}

export function drawArm(credit: Credit, random: Random): Arm {
  return ARMS[random.weighted(ARMS.map((arm) => credit[arm].share))] as Arm;
}

export function isArm(proposer: string): proposer is Arm {
  return (ARMS as readonly string[]).includes(proposer);
}
