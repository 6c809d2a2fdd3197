import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { labelledRandom } from "@kevo/core/random/random.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { describe, expect, it } from "vitest";
import { growTrees } from "./boosted-trees.ts";
import { exportJobSpace } from "./export.ts";
import { openJobSpace } from "./job-space.ts";
import { type Measured, type MeasuredSpace, readMeasured } from "./measured.ts";
import { modelQuality } from "./model-quality.ts";

const CELL = fileURLToPath(new URL("../../../results/h100/attention-sample/llama-3.2-1b-s2048", import.meta.url));

describe("boosted trees", () => {
  const columns = [
    { levels: 8, ordered: true },
    { levels: 6, ordered: false },
    { levels: 4, ordered: true },
  ];
  const truth = ([a = 0, b = 0]: Uint8Array) => (b % 2 === 0 ? Math.abs(a - 3) : 2);
  const random = labelledRandom("rows");
  const rows = Array.from({ length: 150 }, () => Uint8Array.from(columns, ({ levels }) => random.integer(levels)));
  const options = { trees: 200, depth: 4, rate: 0.1, leaf: 2, sample: 0.8, label: "test" };
  const grown = () => growTrees(columns, rows, rows.map(truth), options);

  it("learn an interaction, with levels without an order, and predict the rows that they did not see", () => {
    const trees = grown();
    const errors: number[] = [];
    for (let a = 0; a < 8; a++)
      for (let b = 0; b < 6; b++)
        for (let c = 0; c < 4; c++) {
          const row = Uint8Array.of(a, b, c);
          errors.push(Math.abs(trees.predict(row) - truth(row)));
        }
    expect(errors.toSorted((a, b) => a - b)[Math.floor(0.95 * errors.length)]).toBeLessThan(0.15);
  });

  it("are the same from the same data", () => {
    const [a, b] = [grown(), grown()];
    for (const row of rows) expect(a.predict(row)).toBe(b.predict(row));
  });
});

/** A small kernel of two variants, measured in part. */
function measuredSpace(): MeasuredSpace {
  const definition = kernelDefinition.parse({
    ...{ id: "small", title: "small", backends: ["replay"], default: null, source: null, reference: null },
    workloads: [{ name: "w", shape: {} }],
    parameters: [
      { name: "KERNEL", type: "categorical", values: ["tiles", "groups"] },
      { name: "TILE", type: "ordinal", values: [1, 2, 4, 8, 16, 32], activeWhen: 'KERNEL == "tiles"' },
      { name: "STAGES", type: "ordinal", values: [1, 2, 3, 4, 5, 6] },
      { name: "WARPS", type: "ordinal", values: [1, 2, 4, 8] },
    ],
  });
  const space = openSpace(definition);
  const measured = new Map<number | string, Measured>();
  for (const [at, genes] of (space.enumerated ?? []).entries()) {
    if (at % 5 === 0) continue;
    const [kernel = 0, tile = 0, stages = 0, warps = 0] = genes;
    const time = Math.exp(0.1 * (Math.abs(tile - 3) + Math.abs(stages - 2)) + 0.3 * kernel);
    measured.set(space.keyOf(genes), { genes, times: warps === 3 ? [] : [time, time * 1.01, time * 1.02] });
  }
  const kernel = { definition, workload: "w", known: [], kernelName: "small", deviceName: "none" };
  return { ...kernel, space, withTwins: space, measured, rows: 3 * measured.size };
}

describe("a space like a job's", () => {
  const source = measuredSpace();
  const job = openJobSpace(source);

  it("answers what was measured exactly, all else by a model, and says which is which", () => {
    for (const genes of source.space.enumerated ?? []) {
      const known = source.measured.get(source.space.keyOf(genes));
      const { time, isMeasured } = job.answer(genes);
      expect(isMeasured).toBe(known !== undefined);
      if (known !== undefined) expect(time).toBe(known.times[1] ?? null);
      expect(job.lookup(source.space.decode(genes))?.time_ms).toBe(time);
    }
    expect(job.optimum).toBeLessThan(1.1);
  });

  it("has twins answered alike", () => {
    const config = source.space.decode(source.space.enumerated?.at(-1) ?? []);
    expect(config.KERNEL).toBe("groups");
    expect(job.lookup({ ...config, TILE: 8 })?.time_ms).toBe(job.lookup({ ...config, TILE: 32 })?.time_ms);
  });

  it("is written for other tuners, what was predicted marked as such", async () => {
    const folder = await mkdtemp(join(tmpdir(), "job-space-"));
    try {
      const path = join(folder, "job.json.gz");
      const counts = await exportJobSpace(job, path);
      expect(counts.measured).toBe(source.measured.size);
      const recorded = await loadRecordedSpace(path);
      expect(recorded.optimum).toBe(job.optimum);
      expect(openSpace(recorded.definition).count).toBe(source.space.count);
      const { cache } = JSON.parse(gunzipSync(await readFile(path)).toString()) as { cache: Record<string, object> };
      expect(Object.values(cache).filter((row) => "predicted" in row)).toHaveLength(counts.predicted);
      for (const genes of source.space.enumerated ?? []) {
        const config = source.space.decode(genes);
        expect(recorded.lookup(config)?.time_ms).toBe(job.answer(genes).time);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("says how well its model predicts what it has not seen", () => {
    const quality = modelQuality(source);
    expect(quality.r2).toBeGreaterThan(0.9);
    expect(quality.noise).toBeCloseTo(Math.log(1.01), 9);
    expect(quality.failures.found).toBeGreaterThan(0.8 * quality.failed);
  });
});

describe("recordings of the attention kernel", () => {
  it("are read as a part of the kernel's space, with twins taken together", async () => {
    const { space, withTwins, measured, rows, deviceName } = await readMeasured(CELL);
    expect([space.count, withTwins.count, rows]).toEqual([69_152, 276_480, 8_545]);
    expect(deviceName).toContain("H100");
    const specialized = [...measured.values()].filter(({ genes }) => space.decode(genes).KERNEL === "specialized");
    expect(specialized).toHaveLength(32);
    expect(specialized.reduce((sum, { times }) => sum + times.length, 0)).toBeGreaterThan(4_000);
  });
});
