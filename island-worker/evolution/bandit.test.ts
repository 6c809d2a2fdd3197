import { labelledRandom } from "@kevo/core/random/random.ts";
import { expect, it } from "vitest";
import { ARMS, type Arm, type Credit, credited, drawArm, openCredit } from "./bandit.ts";

function learn(credit: Credit, good: Arm, rounds: number): Credit {
  const random = labelledRandom(`learn/${good}`);
  for (let round = 0; round < rounds; round++) {
    const arm = drawArm(credit, random);
    credit = credited(credit, arm, arm === good ? 0.8 : 0.1);
  }
  return credit;
}

it("favours the operator that earns, gives none of them up, and changes when another one earns", () => {
  let credit = openCredit();
  for (const good of ["mutation", "crossover"] as const) {
    credit = learn(credit, good, 300);
    expect(credit[good].share).toBeGreaterThan(0.6);
    for (const arm of ARMS) expect(credit[arm].share).toBeGreaterThan(0.05);
    expect(ARMS.reduce((sum, arm) => sum + credit[arm].share, 0)).toBeCloseTo(1, 9);
  }
});
