/** Tuned files against real ones, and against lookups written as the stacks have them. */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { describe, expect, test } from "vitest";
import { KERNELS } from "../run/kernel-of.ts";
import { chooseRows, type Timed } from "./choose-rows.ts";
import { parseTunedName, tunedPath } from "./file-name.ts";
import { parseTunedFile, TUNED, type TunedRow, writeTunedFile } from "./format.ts";
import { LADDER, wholeLadder } from "./ladder.ts";
import { configOf, defaultRow, nearestRow, rowOf } from "./lookup.ts";
import { writeMoeKernel } from "./moe-kernel.ts";

const FILES = fileURLToPath(new URL("../../tests/fixtures/tuned-files", import.meta.url));
const VLLM = readdirSync(join(FILES, "vllm")).map((name) => join(FILES, "vllm", name));
const SGLANG = readdirSync(join(FILES, "sglang/triton_3_4_0")).map((name) => join(FILES, "sglang/triton_3_4_0", name));
const read = (path: string) => readFileSync(path, "utf8");
const MIXTRAL = VLLM.find((path) => path.includes("E=8,")) as string;
const BATCHES = [1, 3, 20, 40, 80, 300, 768, 1280, 5000];

/** Python's dict keeps the order of the file, and `min` the first of equals. */
type Json = Record<string, Record<string, number>>;
function pythonsMin(keys: readonly number[], batch: number): number {
  return keys.reduce((best, key) => (Math.abs(key - batch) < Math.abs(best - batch) ? key : best));
}

/** As vLLM reads it: without `triton_version`, every other key a number. */
function vllmLooksUp(text: string, batch: number): Record<string, number> {
  const { triton_version: _, ...rows } = JSON.parse(text) as Json;
  return rows[pythonsMin(Object.keys(rows).map(pythonsInt), batch)] as Record<string, number>;
}

/** As SGLang reads a pair: every key is a number, and both files agree on BLOCK_SIZE_M. */
function sglangLooksUp(up: string, down: string, batch: number): Record<string, number> {
  const [one, other] = [up, down].map((text) => {
    const rows = JSON.parse(text) as Json;
    return rows[pythonsMin(Object.keys(rows).map(pythonsInt), batch)];
  }) as [Record<string, number>, Record<string, number>];
  if (one.BLOCK_SIZE_M !== other.BLOCK_SIZE_M) throw new Error("up and down differ in BLOCK_SIZE_M");
  return one;
}

function pythonsInt(key: string): number {
  if (!/^\d+$/.test(key)) throw new Error(`invalid literal for int(): ${key}`);
  return Number(key);
}

describe("real files", () => {
  test("are written as they were read, to the last byte, and found under their own name", () => {
    for (const path of [...VLLM, ...SGLANG]) {
      const file = parseTunedFile(read(path), path);
      expect(writeTunedFile(file).trimEnd()).toBe(read(path).trimEnd());
      const named = parseTunedName(basename(path));
      const stack = VLLM.includes(path) ? "vllm" : "sglang";
      expect(path).toBe(join(FILES, stack, tunedPath(stack, named as never, "3.4.0", named?.product)));
      for (const batch of BATCHES) expect(nearestRow(file.rows, batch)).toEqual(vllmLooksUp(read(path), batch));
    }
    expect([...VLLM, ...SGLANG]).toHaveLength(4);
  });

  test("end in a line break as the stacks' own scripts leave them", () => {
    const [whole] = SGLANG as [string];
    expect(writeTunedFile(parseTunedFile(read(whole), whole))).toBe(read(whole));
  });

  test("a version of Triton comes first, and of two equally near rows the first in the file counts", () => {
    const text = '{\n    "triton_version": "3.6.0",\n    "8": ROW,\n    "4": ROW\n}\n'.replaceAll(
      "ROW",
      () => `{\n${TUNED.map((name) => `        "${name}": 16`).join(",\n")}\n    }`,
    );
    const file = parseTunedFile(
      text.replace('"4": {\n        "BLOCK_SIZE_M": 16', '"4": {\n        "BLOCK_SIZE_M": 32'),
      "f",
    );
    expect(writeTunedFile(file)).toContain('{\n    "triton_version": "3.6.0",\n    "8": {');
    expect(nearestRow(file.rows, 6).BLOCK_SIZE_M).toBe(16);
    expect(nearestRow(file.rows, 5).BLOCK_SIZE_M).toBe(32);
  });
});

describe("what a run writes", () => {
  const shape = { experts: 8, intermediate: 7168, device: "NVIDIA H100 80GB HBM3", dtype: null, blockShape: null };
  const rows = new Map([1, 64, 4096].map((batch) => [batch, defaultRow("vllm", batch, 8)]));

  test("vLLM finds and reads", () => {
    expect(tunedPath("vllm", shape, "3.6.0")).toBe(basename(MIXTRAL));
    const text = writeTunedFile({ tritonVersion: "3.6.0", rows });
    expect(vllmLooksUp(text, 50)).toEqual(rows.get(64));
  });

  test("SGLang finds and reads, in a pair", () => {
    expect(tunedPath("sglang", { ...shape, dtype: "fp8_w8a8", blockShape: [128, 128] }, "3.6.0", "down")).toBe(
      "triton_3_6_0/E=8,N=7168,device_name=NVIDIA_H100_80GB_HBM3,dtype=fp8_w8a8,block_shape=[128, 128]_down.json",
    );
    const down = new Map([...rows].map(([batch, row]) => [batch, { ...row, USE_TMA: false }]));
    const [up, other] = [rows, down].map((one) => writeTunedFile({ tritonVersion: null, rows: one })) as [
      string,
      string,
    ];
    expect(sglangLooksUp(up, other, 50)).toEqual(rows.get(64));
    expect(() => sglangLooksUp(writeTunedFile({ tritonVersion: "3.6.0", rows }), other, 50)).toThrow("triton_version");
  });
});

describe("the row of a batch size", () => {
  const rule = { name: "rule", rows: new Map([[16, defaultRow("vllm", 16, 8)]]) };
  const file = { name: "old.json", rows: parseTunedFile(read(MIXTRAL), MIXTRAL).rows };
  const timed = (row: TunedRow, speedup: number): Timed => ({
    ...{ config: configOf(row), timeUs: 100 / speedup, speedup, low: speedup - 0.02, high: speedup + 0.02 },
  });
  const usual = nearestRow(rule.rows, 16);
  const other: TunedRow = { ...usual, num_warps: 8 };
  const choose = (best: Timed | null, all: Timed[]) => chooseRows([{ batch: 16, best, timed: all }], rule, [file])[0];

  test("is the winner where it is faster than the rule by more than the intervals", () => {
    const chosen = choose(timed(other, 1.2), [
      timed(usual, 1),
      timed(other, 1.2),
      timed(nearestRow(file.rows, 16), 1.1),
    ]);
    expect(chosen).toMatchObject({
      from: "found",
      row: other,
      against: { rule: 1.2, "old.json": expect.closeTo(1.2 / 1.1) },
    });
  });

  test("is the rule's where the winner is not, where the rule won, and where nothing ran", () => {
    expect(choose(timed(other, 1.02), [timed(usual, 1)])).toMatchObject({ from: "default", row: usual });
    expect(choose(timed(usual, 1.5), [timed(usual, 1.5)])).toMatchObject({ from: "default", row: usual });
    // What is there and faster than the rule is not given up for it.
    const seeds = nearestRow(file.rows, 16);
    expect(choose(timed(other, 1.11), [timed(usual, 1), timed(seeds, 1.1)])).toMatchObject({
      ...{ from: "seeds", row: seeds, speedup: 1.1, against: { rule: 1.1, "old.json": 1 } },
    });
    expect(choose(null, [])).toMatchObject({ from: "default", row: usual, time_us: null, against: { rule: null } });
  });
});

test("a file has every size of the ladder: what was not tuned is what the stack would run without it", () => {
  const file = { name: "old.json", rows: parseTunedFile(read(MIXTRAL), MIXTRAL).rows };
  const ruleOf = (batch: number) => defaultRow("vllm", batch, 8);
  const row: TunedRow = { ...ruleOf(64), num_warps: 2, maxnreg: 96 };
  const chosen = {
    ...{ batch: 65, row, from: "found" as const, time_us: 1, speedup: 1, speedup_low: 1, speedup_high: 1 },
  };
  const rows = wholeLadder([{ ...chosen, against: {} }], ruleOf, []);
  expect([...rows.keys()]).toEqual([...LADDER, 65].sort((a, b) => a - b));
  const text = writeTunedFile({ tritonVersion: "3.6.0", rows });
  expect(vllmLooksUp(text, 66)).toEqual(row);
  expect(vllmLooksUp(text, 60)).toEqual(ruleOf(64));
  expect(wholeLadder([{ ...chosen, against: {} }], ruleOf, [file]).get(512)).toEqual(nearestRow(file.rows, 512));
});

test("a limit of registers is carried, and none is not", () => {
  const row: TunedRow = { ...defaultRow("vllm", 64, 8), maxnreg: 96 };
  expect(rowOf(configOf(row))).toEqual(row);
  expect(rowOf(configOf(defaultRow("vllm", 64, 8)))).toEqual(defaultRow("vllm", 64, 8));
});

test("a model's kernel has a workload for each batch size, and the rows of files to try first", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "kevo-tuned-")), "k");
  const shape = { experts: 8, topK: 2, hidden: 4096, intermediate: 7168 };
  const seeds = [{ name: "old", rows: parseTunedFile(read(MIXTRAL), MIXTRAL).rows }];
  writeMoeKernel(join(KERNELS, "fused-moe"), folder, shape, [16, 5000], seeds);
  const { definition, known } = await loadKernel(folder, KERNELS);
  expect(definition.workloads.map(({ shape }) => shape.tokens)).toEqual([16, 5000]);
  expect(known.map(({ workload, config }) => [workload, config])).toEqual([
    ["batch-16", configOf(nearestRow(seeds[0]?.rows as never, 16))],
    ["batch-5000", configOf(nearestRow(seeds[0]?.rows as never, 4096))],
  ]);
  // Every row of both stacks' rules and of the real file can be proposed.
  const space = openSpace(definition);
  const all = [1, 32, 64, 128, 600, 8192].flatMap((m) => [defaultRow("vllm", m, 8), defaultRow("sglang", m, 8)]);
  for (const row of [...all, ...(seeds[0]?.rows.values() ?? [])]) {
    expect(space.isValid(space.encode(configOf(row))), JSON.stringify(row)).toBe(true);
  }
});

test.each([
  ["{", /^f is not JSON: /],
  ["[1]", /^f is not a tuned file: it holds no object of batch sizes\.$/],
  ["{}", /^f has no row\. Give a file with at least one batch size\.$/],
  ['{"triton_version": 3}', /^f: triton_version is 3, not a version in quotes\.$/],
  ['{"large": {}}', /^f: "large" is not a batch size\. The keys are numbers such as "64"\.$/],
  ['{"64": {"BLOCK_SIZE_M": 16}}', /^f, batch size 64: BLOCK_SIZE_N: /],
])("%s is refused in one sentence", (text, sentence) => {
  expect(() => parseTunedFile(text, "f")).toThrow(sentence);
});
