import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadRecordedSpace, type RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSyntheticSpace } from "../../tests/support/synthetic-space.ts";
import { compareJoint } from "./joint.ts";
import { simulate } from "./simulate.ts";
import { bootstrap, figuresOf, mean, median } from "./statistics.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-search-"));
  path = join(folder, "bowl.json");
  writeSyntheticSpace(path, { failEvery: 9 });
});
afterAll(() => rm(folder, { recursive: true }));

describe("a simulated search", () => {
  it("spends exactly its evaluations, repeats from its seed, and beats random search", async () => {
    const recorded = await loadRecordedSpace(path);
    const space = openSpace(recorded.definition);
    const setting = { seed: 3, evaluations: 60, islands: 4, parallel: 1, search: "default" } as const;
    const fractions = (search: "default" | "random", parallel: number) =>
      mean(
        [1, 2, 3].map((seed) => {
          const [best] = simulate(space, [recorded], { ...setting, seed, search, parallel }).best as [number[]];
          expect(best).toHaveLength(60);
          expect(best).toEqual(best.toSorted((a, b) => b - a));
          return recorded.optimum / (best.at(-1) as number);
        }),
      );
    const found = fractions("default", 1);
    expect(found).toBeGreaterThan(0.95);
    expect(fractions("default", 16)).toBeGreaterThan(found - 0.1);
    expect(fractions("random", 1)).toBeLessThan(found);
    expect(simulate(space, [recorded], setting).best).toEqual(simulate(space, [recorded], setting).best);
  });

  it("ends when the space is exhausted", async () => {
    const small = join(folder, "small.json");
    writeSyntheticSpace(small, { values: 2 });
    const recorded = await loadRecordedSpace(small);
    const setting = { seed: 1, evaluations: 100, islands: 2, parallel: 4, search: "default" } as const;
    expect(simulate(openSpace(recorded.definition), [recorded], setting).best[0]).toHaveLength(16);
  });
});

describe("a run for two devices", () => {
  it("counts the evaluations of both, and measures each island on its own device", async () => {
    const other = join(folder, "other.json");
    writeSyntheticSpace(other, { device: "Other", bottom: 3 });
    const recordings = [await loadRecordedSpace(path), await loadRecordedSpace(other)];
    const space = openSpace((recordings[0] as RecordedSpace).definition);
    const setting = { seed: 2, evaluations: 80, islands: 2, parallel: 1, search: "default" } as const;
    const { best } = simulate(space, recordings, setting);
    for (const [at, line] of best.entries()) {
      expect(line).toHaveLength(80);
      expect((recordings[at] as RecordedSpace).optimum / (line.at(-1) as number)).toBeGreaterThan(0.9);
    }
  });

  it("is compared with a run for each by what all need together", () => {
    const trace = (...best: number[][]) => ({ best, asks: [], proposers: new Map() });
    const joint = [trace([4, 4, 1, 1, 1, 1], [4, 4, 4, 2, 2, 2])];
    const separate = [[trace([4, 1, 1])], [trace([4, 4, 2])]];
    const compared = compareJoint(joint, separate, ["A", "B"], [1, 2], [4]);
    expect(compared.joint).toMatchObject({ within_5_percent: 1, median_evaluations_to_5_percent: { value: 4 } });
    expect(compared.separate.median_evaluations_to_5_percent.value).toBe(6);
    expect(compared.share_of_evaluations.value).toBeCloseTo(4 / 6);
    expect(compared.share_of_evaluations_stopped_in_time.value).toBeCloseTo(4 / 5);
    expect(compared.joint.fraction_of_optimum.B?.[4]?.value).toBe(1);
    expect(compared.separate.fraction_of_optimum.B?.[4]?.value).toBe(0.5);
    // Separate runs have 1 and 1/2 of the optima after four evaluations, one run after three; all after six and four.
    expect(compared.same_quality.map(({ separate, joint }) => [separate, joint])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [3, 1],
      [4, 3],
      [5, 3],
      [6, 4],
    ]);
  });
});

describe("the figures", () => {
  it("count seeds that came within 5 % and the median evaluations of all", () => {
    const trace = (...best: number[]) => ({
      best: [best],
      asks: [{ ms: 1, cpu_ms: 1, told: 1 }],
      proposers: new Map(),
    });
    const traces = [trace(4, 2, 2), trace(2.05, 2.05, 2), trace(4, 4, 4)];
    const figures = figuresOf(traces, 2, [2, 3]);
    expect(figures.fraction_of_optimum[2]).toBeCloseTo((1 + 2 / 2.05 + 0.5) / 3, 9);
    expect(figures).toMatchObject({ within_5_percent: 2, median_evaluations_to_5_percent: 2 });
    expect(figuresOf([trace(4), trace(4)], 2, [1]).median_evaluations_to_5_percent).toBeNull();
  });

  it("bootstrap an interval around the mean, unbounded where a median is", () => {
    const [low, high] = bootstrap([1, 2, 3, 4, 5, 6, 7, 8, 9], mean);
    expect(low).toBeGreaterThan(2);
    expect(high).toBeLessThan(8);
    expect(low).toBeLessThan(5);
    expect(high).toBeGreaterThan(5);
    expect(bootstrap([1, Number.POSITIVE_INFINITY], median)[1]).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the command", () => {
  const run = (...options: string[]) => promisify(execFile)(process.execPath, [MAIN, ...options]);

  it("ends with one line of JSON, and lays other tools' curves beside its own", async () => {
    const { stdout, stderr } = await run("--space", path, "--seeds", "2", "--evaluations", "60", "--json");
    const line = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(line).toMatchObject({ space: "bowl", seeds: 2, islands: 4 });
    expect(Object.keys(line.fraction_of_optimum)).toEqual(["50", "60"]);
    for (const figures of [line, line.random]) {
      expect(figures.fraction_of_optimum[60]).toBeGreaterThan(0);
      expect(figures.within_5_percent).toBeGreaterThanOrEqual(0);
    }
    expect(stderr).toContain("kernelevolve (random)");
  });

  it("takes the curves of several files", async () => {
    const files = ["one", "two"].map((name) => {
      const file = join(folder, `${name}.curves`);
      const curve = { fraction_of_optimum: { 20: 0.5 }, seeds: 3, within_5_percent: 1, evaluations: 20 };
      const curves = { bowl: { [`tuner ${name}`]: { ...curve, median_evaluations_to_5_percent: null } } };
      writeFileSync(file, JSON.stringify(curves));
      return ["--compare", file];
    });
    const { stdout } = await run("--space", path, "--seeds", "1", "--evaluations", "20", ...files.flat());
    for (const name of ["one", "two"]) expect(stdout).toMatch(new RegExp(`tuner ${name} +0\\.500 +1 of 3`));
  });

  it("explains mistakes in its arguments, without a stack trace", async () => {
    for (const [options, message] of [
      [["--space", join(folder, "none.json")], "cannot read the recorded space"],
      [["--space", path, "--seeds", "0"], "--seeds 0: this must be a whole number above 0"],
      [["--spce", path], "--spce"],
      [[], "one of --space FILE and --job FOLDER is required"],
      [["--job", join(folder, "none")], "there are no recordings"],
      [["--job", folder], "which is not a kernel of this project"],
    ] as const) {
      const failed = await run(...options).catch((error) => error);
      expect(failed.stderr).toContain(message);
      expect(failed.stderr).not.toContain("    at ");
      expect(failed.code).toBeGreaterThan(0);
    }
  });
});
