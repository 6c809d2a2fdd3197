import { labelledRandom } from "@kevo/core/random/random.ts";
import { describe, expect, it } from "vitest";
import { ridge, ridgeTime } from "../fixture.ts";
import { openCoordinates } from "./coordinates.ts";
import { priorTheta } from "./fit.ts";
import { openKernel } from "./kernel.ts";
import type { Observation } from "./observation.ts";
import { openPosterior } from "./posterior.ts";
import { coefficientsOf, type Prediction } from "./trend.ts";

const coordinates = openCoordinates(ridge);
const shape = openKernel(coordinates.list);
const theta = priorTheta(shape);

const drawn = (() => {
  const random = labelledRandom("trend");
  const found = new Map<number | string, Observation>();
  while (found.size < 240) {
    const genes = ridge.sample(random);
    const time = ridgeTime(ridge.decode(genes));
    const key = ridge.keyOf(genes);
    if (time !== null) found.set(key, { genes, key, codes: coordinates.codesOf(genes), value: Math.log(time) });
  }
  return [...found.values()];
})();
const rest = drawn.slice(12);
const codes = rest.map((each) => each.codes);
const known = new Map(drawn.map((each) => [each.codes.join(), each.value as number]));
/** A device that is slower throughout, and one whose times have nothing to do with these. */
const alike: Prediction = (rows) => Float64Array.from(rows, (row) => 3 + 0.8 * (known.get(row.join()) as number));
const unlike: Prediction = (rows) => Float64Array.from(rows, (row) => labelledRandom(row.join()).normal());

function errorWith(observed: number, predictions: Prediction[]): number {
  const builder = openPosterior(shape, theta, predictions);
  const said = builder.prediction(drawn.slice(0, observed))(codes);
  return Math.sqrt(rest.reduce((sum, { value }, at) => sum + ((value as number) - (said[at] as number)) ** 2, 0));
}

describe("the coefficients", () => {
  it("are what the values say where there are many of them, and the prior's where there are none", () => {
    const random = labelledRandom("coefficients");
    const ones = Array.from({ length: 400 }, () => 1);
    const trends = [0, 1].map(() => ones.map(() => random.normal()));
    const [a, b] = trends as [number[], number[]];
    const values = ones.map((_, i) => 5 + 1.2 * (a[i] as number) - 0.3 * (b[i] as number) + 0.01 * random.normal());
    const [first, second] = coefficientsOf(values, ones, trends, 1.5);
    expect(first).toBeCloseTo(1.2, 1);
    expect(second).toBeCloseTo(-0.3, 1);
    const [half, other] = coefficientsOf([1], [1], [[0.4], [0.2]], 1);
    expect((half as number) + (other as number)).toBeCloseTo(0.5, 6);
  });
});

describe("what another device says", () => {
  it("explains much with few observations where it behaves alike, and does little harm where it does not", () => {
    expect(errorWith(12, [alike])).toBeLessThan(0.5 * errorWith(12, []));
    expect(errorWith(40, [unlike])).toBeLessThan(1.15 * errorWith(40, []));
    expect(errorWith(40, [unlike, alike])).toBeLessThan(0.5 * errorWith(40, []));
  });

  it("is in the mean of the pool as in that of single points, and unchanged by a detour", () => {
    const given = drawn.slice(0, 30);
    const straight = openPosterior(shape, theta, [alike, unlike]);
    straight.setPool(codes);
    const detour = openPosterior(shape, theta, [alike, unlike]);
    detour.setPool(codes);
    detour.condition([...given.slice(0, 10), ...drawn.slice(100, 120)]);
    const { mean, point } = straight.condition(given);
    expect(detour.condition(given).mean).toEqual(mean);
    const said = straight.prediction(given)(codes);
    for (let at = 0; at < 40; at++) {
      expect(point(codes[at] as Uint8Array).mean).toBeCloseTo(mean[at] as number, 4);
      expect(said[at]).toBeCloseTo(mean[at] as number, 4);
    }
  });
});
