import { labelledRandom } from "@kevo/core/random/random.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { describe, expect, it } from "vitest";
import { ridge, ridgeTime } from "../ridge.fixture.ts";
import { factorise, solveLower, solveUpper } from "./cholesky.ts";
import { openCoordinates } from "./coordinates.ts";
import { covarianceOf, openCovariance, PRIORS, sparsePriors, tablesOf } from "./covariance.ts";
import { expectedImprovement, varianceBehind } from "./expected-improvement.ts";
import { fitTheta, priorTheta } from "./fit.ts";
import { negativeLogPosterior } from "./likelihood.ts";
import type { Observation } from "./observation.ts";
import { openPool } from "./pool.ts";
import { openPosterior } from "./posterior.ts";
import { finished } from "./steps.ts";
import { openSurrogate, type Surrogate } from "./surrogate.ts";
import { covarianceOfFailures, fittingValidity, openValidity } from "./validity.ts";

const coordinates = openCoordinates(ridge);
const shape = openCovariance(coordinates.list);
const theta = priorTheta(shape);

function observe(count: number, label = "observe"): Observation[] {
  const random = labelledRandom(label);
  return Array.from({ length: count }, () => {
    const genes = ridge.sample(random);
    const time = ridgeTime(ridge.decode(genes));
    const value = time === null ? null : Math.log(time);
    return { genes, key: ridge.keyOf(genes), codes: coordinates.codesOf(genes), value };
  });
}
const distinct = (list: Observation[]) => [...new Map(list.map((each) => [each.key, each])).values()];
const ok = (list: Observation[]) => distinct(list).filter(({ value }) => value !== null);
const codesOf = (list: Observation[]) => list.map(({ codes }) => codes);

describe("hyperparameters", () => {
  const given = ok(observe(40));
  const values = Float64Array.from(given, ({ value }) => value as number);

  it("have the gradient that finite differences show", () => {
    const start = theta.map((value, slot) => value + 0.2 * Math.sin(slot + 1));
    const at = (point: Float64Array) => negativeLogPosterior(shape, codesOf(given), values, point)?.value as number;
    const { gradient } = negativeLogPosterior(shape, codesOf(given), values, start) as { gradient: Float64Array };
    for (let slot = 0; slot < start.length; slot++) {
      const step = 1e-5;
      const up = start.with(slot, (start[slot] as number) + step);
      const down = start.with(slot, (start[slot] as number) - step);
      expect(gradient[slot]).toBeCloseTo((at(up) - at(down)) / (2 * step), 4);
    }
  });

  it("explain the observations better after a fit", () => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    const scaled = values.map((value) => (value - mean) / deviation);
    const at = (point: Float64Array) => negativeLogPosterior(shape, codesOf(given), scaled, point)?.value as number;
    expect(at(fitTheta(shape, codesOf(given), [...values], theta, 20))).toBeLessThan(at(theta) - 1);
  });
});

describe("priors", () => {
  const flags = (count: number) =>
    Array.from({ length: count }, () => ({ levels: 2, position: null, alignment: null }));
  /** Of two configurations that differ in all of so many flags, before the first result. */
  const likeness = (count: number, priors = sparsePriors(flags(count))) => {
    const few = openCovariance(flags(count), priors);
    const { tables } = tablesOf(few, priorTheta(few));
    return covarianceOf(few, tables, new Uint8Array(count), new Uint8Array(count).fill(1));
  };

  it("let no number of unordered coordinates make all configurations unlike", () => {
    expect(likeness(14)).toBeCloseTo(likeness(3), 12);
    expect(likeness(14, PRIORS)).toBeLessThan(0.01 * likeness(14));
  });

  it("are the usual ones where few are unordered, whatever the others", () => {
    expect(sparsePriors(coordinates.list)).toEqual(PRIORS);
    expect(sparsePriors(flags(3))).toEqual(PRIORS);
    expect(likeness(1)).toBeGreaterThan(likeness(3));
  });
});

describe("the posterior", () => {
  const given = ok(observe(60));
  const pool = observe(25, "pool");

  it("is that of the textbook: K* (K + noise)^-1, solved directly", () => {
    const n = given.length;
    const { tables } = tablesOf(shape, theta);
    const near = (a: Observation, b: Observation) => covarianceOf(shape, tables, a.codes, b.codes);
    const builder = openPosterior(shape, theta);
    builder.setPool(codesOf(pool));
    const posterior = builder.condition(given);
    const matrix = new Float64Array(n * n);
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) {
        matrix[a * n + b] = near(given[a] as Observation, given[b] as Observation) + (a === b ? posterior.noise : 0);
      }
    }
    expect(factorise(matrix, n)).toBe(true);
    const solve = (b: Float64Array) => solveUpper(matrix, n, solveLower(matrix, n, b));
    const inverseOnes = solve(new Float64Array(n).fill(1));
    const values = Float64Array.from(given, ({ value }) => value as number);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
    const mean = dot(inverseOnes, values) / inverseOnes.reduce((sum, value) => sum + value, 0);
    const weights = solve(values.map((value) => value - mean));
    for (const [at, candidate] of pool.entries()) {
      const row = Float64Array.from(given, (each) => near(each, candidate));
      const expected = { mean: mean + dot(row, weights), variance: 1 - dot(row, solve(row)) };
      expect(posterior.mean[at]).toBeCloseTo(expected.mean, 4);
      expect(posterior.variance[at]).toBeCloseTo(expected.variance, 4);
      const point = posterior.point(candidate.codes);
      expect(point.mean).toBeCloseTo(expected.mean, 8);
      expect(point.variance).toBeCloseTo(Math.max(0, expected.variance), 8);
    }
  });

  it("has equal bits for equal observations, independent of earlier ones", () => {
    const straight = openPosterior(shape, theta);
    straight.setPool(codesOf(pool));
    const detour = openPosterior(shape, theta);
    detour.setPool(codesOf(pool));
    detour.condition(given.slice(0, 30));
    detour.condition([...given.slice(0, 20), ...given.slice(25)]);
    detour.condition(given.toReversed());
    const [a, b] = [straight.condition(given), detour.condition(given)];
    expect(b.mean).toEqual(a.mean);
    expect(b.variance).toEqual(a.variance);
    expect(b.deviation).toBe(a.deviation);
  });

  it("knows how much evaluations in flight will tell", () => {
    const builder = openPosterior(shape, theta);
    builder.setPool([]);
    const posterior = builder.condition(given);
    const [flying, ...others] = pool.map(({ codes }) => posterior.point(codes));
    const left = varianceBehind(posterior, [flying as never]);
    expect(left(flying as never)).toBeLessThan(0.01);
    for (const point of others) expect(left(point)).toBeLessThanOrEqual(point.variance + 1e-12);
    // As if the observation were in: its value does not matter to the variance.
    const after = builder.condition([...given, { ...(pool[0] as Observation), value: 0 }]);
    for (const [at, point] of others.entries()) {
      expect(left(point)).toBeCloseTo(after.point((pool[at + 1] as Observation).codes).variance, 8);
    }
  });
});

describe("expected improvement", () => {
  it("agrees with a simulation", () => {
    const random = labelledRandom("improvement");
    let sum = 0;
    for (let draw = 0; draw < 40_000; draw++) sum += Math.max(0, 0.3 - (0.5 + 0.4 * random.normal()));
    expect(expectedImprovement(0.5, 0.4, 0.3)).toBeCloseTo(sum / 40_000, 2);
    expect(expectedImprovement(0.5, 0, 0.3)).toBe(0);
    expect(expectedImprovement(0.1, 0, 0.3)).toBeCloseTo(0.2, 12);
  });
});

describe("the model of validity", () => {
  it("expects failures where there were some", () => {
    const seen = distinct(observe(150));
    const failures = covarianceOfFailures(shape);
    const chance = openValidity(failures, finished(fittingValidity(failures, seen, null, 20))).condition(seen);
    const held = distinct(observe(80, "held out")).filter(({ key }) => !seen.some((each) => each.key === key));
    const mean = (list: Observation[]) => list.reduce((sum, { codes }) => sum + chance(codes), 0) / list.length;
    const failing = held.filter(({ value }) => value === null);
    expect(failing.length).toBeGreaterThan(5);
    expect(mean(failing)).toBeLessThan(mean(ok(held)) - 0.25);
  });
});

describe("the surrogate", () => {
  it("steers away from where two failed at once, not only after the next fit", () => {
    const source = openSurrogate(coordinates, openPool(ridge, coordinates), PRIORS, "test");
    // More than a fit's beginning, and as many as leave the next one far away.
    const before = ok(observe(60)).slice(0, 40);
    const observed = (config: Config): Observation => {
      const genes = ridge.encode(config);
      return { genes, key: ridge.keyOf(genes), codes: coordinates.codesOf(genes), value: null };
    };
    const fails = { BLOCK: 32, TILE: 4, STAGES: 3, LAYOUT: "columns", FAST: true, ORDER: ["k", "i", "j"] };
    const after = [...before, observed(fails), observed({ ...fails, FAST: false })];
    const alike = observed({ ...fails, ORDER: ["k", "j", "i"] }).genes;
    const unlike = observed({ ...fails, BLOCK: 2, TILE: 6, STAGES: 1, LAYOUT: "rows" }).genes;
    const ranked = (given: Observation[]) => (source.given(given) as Surrogate).rank([alike, unlike], []);
    const [first, second] = [ranked(before), ranked(after)] as [[number, number], [number, number]];
    expect(second[0] / first[0]).toBeLessThan(0.5);
    expect(second[1] / first[1]).toBeGreaterThan(0.6);
  });

  it("finds the optimum of a small space in a fraction of it", () => {
    const source = openSurrogate(coordinates, openPool(ridge, coordinates), PRIORS, "test");
    const observations = distinct(observe(16));
    while (observations.length < 80) {
      const taken = new Set(observations.map(({ key }) => key));
      const proposed = source.given(observations)?.propose((key) => taken.has(key), []);
      if (!proposed) throw new Error("nothing proposed");
      const time = ridgeTime(ridge.decode(proposed.genes));
      const { genes } = proposed;
      const value = time === null ? null : Math.log(time);
      observations.push({ genes, key: ridge.keyOf(genes), codes: coordinates.codesOf(genes), value });
    }
    const best = Math.min(...observations.map(({ value }) => value ?? Number.POSITIVE_INFINITY));
    expect(best).toBeCloseTo(0, 9);
    expect(ridge.count).toBeGreaterThan(3000);
  });
});
