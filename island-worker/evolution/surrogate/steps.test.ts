import { labelledRandom } from "@kevo/core/random/random.ts";
import { describe, expect, it } from "vitest";
import { ridge, ridgeTime } from "../ridge.fixture.ts";
import { openCoordinates } from "./coordinates.ts";
import { PRIORS } from "./covariance.ts";
import type { Observation } from "./observation.ts";
import { openPool } from "./pool.ts";
import { spread } from "./steps.ts";
import { openSurrogate } from "./surrogate.ts";

describe("work that is spread over calls", () => {
  it("takes its share of the steps at each, and all that are left when it is due", () => {
    let taken = 0;
    function* work(): Generator<void, string> {
      for (; taken < 12; taken++) yield;
      return "done";
    }
    const spreadOut = spread(work(), 10);
    expect(spreadOut.advance(0.2)).toBeNull();
    expect(taken).toBeLessThanOrEqual(2);
    expect(spreadOut.advance(0.5)).toBeNull();
    expect(taken).toBeLessThanOrEqual(5);
    expect(spreadOut.advance(1)).toBe("done");
    expect(spreadOut.advance(0.1)).toBe("done");
  });

  it("leaves the surrogate the same bits, whether it was asked all along or only once", () => {
    const coordinates = openCoordinates(ridge);
    const random = labelledRandom("steps");
    const observations: Observation[] = [];
    const keys = new Set<number | string>();
    while (observations.length < 90) {
      const genes = ridge.sample(random);
      const key = ridge.keyOf(genes);
      if (keys.has(key)) continue;
      keys.add(key);
      const time = ridgeTime(ridge.decode(genes));
      observations.push({
        genes,
        key,
        codes: coordinates.codesOf(genes),
        value: time === null ? null : Math.log(time),
      });
    }
    const candidates = openPool(ridge, coordinates);
    const isTaken = (key: number | string) => keys.has(key);
    const along = openSurrogate(coordinates, candidates, PRIORS, "steps");
    for (let told = 1; told < observations.length; told++) along.given(observations.slice(0, told));
    const once = openSurrogate(coordinates, candidates, PRIORS, "steps");
    expect(along.given(observations)?.propose(isTaken, [])).toEqual(once.given(observations)?.propose(isTaken, []));
    // A change far up undoes what followed from it.
    const [first, ...rest] = observations as [Observation, ...Observation[]];
    const changed = [...rest.slice(0, 20), first, ...rest.slice(20)];
    const afresh = openSurrogate(coordinates, candidates, PRIORS, "steps").given(changed)?.propose(isTaken, []);
    expect(along.given(changed)?.propose(isTaken, [])).toEqual(afresh);
  });
});
