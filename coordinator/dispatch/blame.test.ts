import { labelledRandom } from "@kevo/core/random/random.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Charge, earlierCharges, judge, Mortality } from "./blame.ts";

const SHARED = { alone: false, certain: false, excused: false };
const MAX_DEATHS = 2 + 5 + 10;

/** An evaluator that serves for so long, during which so many die of other things. */
function fleetIn(seconds: number, deaths: number): Mortality {
  const mortality = new Mortality();
  mortality.joined(0);
  for (let count = 0; count < deaths; count++) mortality.died(false);
  mortality.left(seconds * 1000);
  return mortality;
}

test("where evaluators die of nothing else, the third death is enough, with the candidate alone", () => {
  const calm = fleetIn(60, 0);
  const charges: Charge[] = [];
  const after = (alone: boolean) => {
    charges.push({ death: calm.died(alone), ms: 5_000 });
    return judge(charges, calm, 60_000);
  };
  expect([after(false), after(false), after(true)]).toEqual(["again", "alone", "guilty"]);
  // Found out, it is no reason to believe that evaluators die.
  for (const { death } of charges) calm.excuse(death);
  expect(calm.chance(1e9, [], 60_000)).toBe(0);
});

test("the more often evaluators die otherwise, and the later this one did, the more deaths it takes", () => {
  const needed = (mortality: Mortality, ms: number) => {
    const charges: Charge[] = [];
    while (judge(charges, mortality, 6e5) !== "guilty") charges.push({ death: mortality.died(true), ms });
    return charges.length;
  };
  expect(needed(fleetIn(600, 0), 5_000)).toBe(3);
  const [often, seldom] = [60, 1];
  expect(needed(fleetIn(600, seldom), 20)).toBe(3);
  expect(needed(fleetIn(600, often), 20_000)).toBe(5);
  // Deaths of a session before are enough to be sent alone, and no more.
  expect(judge(earlierCharges(1), fleetIn(600, 0), 6e5)).toBe("again");
  expect(judge(earlierCharges(9), fleetIn(600, 0), 6e5)).toBe("alone");
});

test("an evaluator that says itself that it failed leaves nothing to chance", () => {
  const certain = { alone: true, certain: true, excused: false };
  const charges = Array.from({ length: 3 }, () => ({ death: { ...certain }, ms: 5_000 }));
  expect(judge(charges, fleetIn(600, 60), 6e5)).toBe("guilty");
  expect(judge(charges.slice(1), fleetIn(600, 60), 6e5)).toBe("alone");
});

const charge = fc.record({
  death: fc.record({ alone: fc.boolean(), certain: fc.boolean(), excused: fc.boolean() }),
  ms: fc.integer({ min: 0, max: 1e7 }),
});
const background = fc.record({ seconds: fc.integer({ min: 1, max: 1e5 }), deaths: fc.nat(100) });

test("no candidate is blamed for deaths in company, or for ten that are excused, however many they are", () => {
  const innocent = fc.array(charge).map((all) => {
    const excused = all.filter(({ death }) => death.excused).slice(0, 10);
    return [...all.map(({ ms }) => ({ ms, death: { ...SHARED } })), ...excused];
  });
  fc.assert(
    fc.property(innocent, background, (charges, { seconds, deaths }) => {
      expect(judge(charges, fleetIn(seconds, deaths), 1e9)).not.toBe("guilty");
    }),
  );
});

test("one that ends its evaluator every time is found out after a bounded number of deaths, whatever else happens", () => {
  fc.assert(
    fc.property(fc.infiniteStream(charge), background, (deaths, { seconds, deaths: others }) => {
      const mortality = fleetIn(seconds, others);
      const charges: Charge[] = [];
      for (const next of deaths) {
        const verdict = judge(charges, mortality, seconds * 1000);
        if (verdict === "guilty") break;
        charges.push({ ...next, death: { ...next.death, alone: next.death.alone || verdict === "alone" } });
        expect(charges.length).toBeLessThanOrEqual(MAX_DEATHS);
      }
    }),
  );
});

interface Simulated {
  readonly poison: boolean;
  readonly charges: Charge[];
  alone: boolean;
}

interface Place {
  diesAt: number;
  readonly has: { readonly it: Simulated; readonly since: number }[];
  doneAt: number;
}

/**
 * Twenty machines that are taken away after a minute on average, each with four candidates of which one is measured, for five
 * seconds; every 200th candidate ends its evaluator as soon as it is measured.
 */
function spotFleet(seed: number, seconds: number) {
  const random = labelledRandom(`spot/${seed}`);
  const life = () => 5_000 - 60_000 * Math.log(1 - random.uniform());
  const mortality = new Mortality();
  const places: Place[] = Array.from({ length: 20 }, () => ({ diesAt: life(), has: [], doneAt: 0 }));
  for (const _ of places) mortality.joined(0);
  const again: Simulated[] = [];
  const blamed: Simulated[] = [];
  let made = 0;
  const fresh = (): Simulated => ({ poison: made++ % 200 === 100, charges: [], alone: false });
  const fill = (place: Place, now: number) => {
    while (place.has.length < 4 && !place.has.some(({ it }) => it.alone)) {
      const suspect = again.findIndex(({ alone }) => alone);
      // It waits until the place is empty.
      if (suspect >= 0 && place.has.length > 0) return;
      const it = again.splice(Math.max(0, suspect), 1)[0] ?? fresh();
      if (place.has.length === 0) place.doneAt = now + (it.poison ? 250 : 5_000);
      place.has.push({ it, since: now });
    }
  };
  const die = (place: Place, now: number) => {
    const death = mortality.died(place.has.length === 1);
    for (const { it, since } of place.has.splice(0)) {
      it.charges.push({ death, ms: now - since });
      const verdict = judge(it.charges, mortality, now);
      it.alone = verdict === "alone";
      if (verdict !== "guilty") again.push(it);
      else {
        blamed.push(it);
        for (const one of it.charges) mortality.excuse(one.death);
      }
    }
    place.diesAt = now + life();
  };
  for (let now = 0; now < seconds * 1000; now += 250) {
    for (const place of places) {
      fill(place, now);
      const first = place.has[0]?.it;
      if (now >= place.diesAt || (first?.poison && now >= place.doneAt)) die(place, now);
      else if (now >= place.doneAt) {
        place.has.shift();
        place.doneAt = now + (place.has[0]?.it.poison ? 250 : 5_000);
      }
    }
  }
  return { blamed, made };
}

test("on machines that are taken away every minute, those that end their evaluators are blamed, and no others", () => {
  for (const seed of [1, 2, 3]) {
    const { blamed, made } = spotFleet(seed, 1_500);
    expect(blamed.filter(({ poison }) => !poison)).toEqual([]);
    // All but the last, which may still be on their way.
    expect(blamed.length).toBeGreaterThanOrEqual(Math.floor(made / 200) - 2);
    expect(Math.max(...blamed.map(({ charges }) => charges.length))).toBeLessThanOrEqual(7);
  }
});
