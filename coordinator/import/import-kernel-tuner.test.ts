/** Scripts, T1 files, caches and T4 results as Kernel Tuner's users have them, in small. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { afterAll, describe, expect, test } from "vitest";
import { importKernelTuner } from "./import-kernel-tuner.ts";

const folder = mkdtempSync(join(tmpdir(), "kevo-import-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | object): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** What scripts do before and around the call, none of which is run. */
const SCRIPT = `
import sys, numpy as np, kernel_tuner as kt
from math import ceil
from constraint import MaxProdConstraint
raise_ = 1 / 1
N = 4096
tune_params = dict()
tune_params["bx"] = [2**i for i in range(5, 8)]
tune_params.update({"by": list(range(1, 4)), "layout": ("row", "col")})
restrict = [lambda p: p["bx"] * p["by"] <= 256, f"by <= {N // 2048} or layout == 'row'"]
restrict += [(MaxProdConstraint(320), ["bx", "by"]), lambda bx, by: bx % by == 0 or ceil(N / bx) < by]
def fits(p):
    """Shared memory."""
    tile = p["bx"] * 4
    if p["layout"] == "row":
        return True
    return tile < 512
def tune(size, extra=()):
    open("never", "w")
    return kt.tune_kernel("scale", "scale.cu", size, [np.zeros(size)], tune_params, restrictions=[*restrict, fits, *extra], cache=f"cache_{size}")
if __name__ == "__main__":
    tune(N)
`;
const CONSTRAINTS = [
  "bx * by <= 256",
  "by <= 2 or layout == 'row'",
  "bx * by <= 320",
  "bx % by == 0 or ceil(4096 / bx) < by",
  "layout == 'row' or bx * 4 < 512",
];
/** Those that satisfy them. */
const VALID = [
  [32, 1, "row"],
  [32, 1, "col"],
  [32, 2, "row"],
  [32, 2, "col"],
  [64, 1, "row"],
  [64, 1, "col"],
  [64, 2, "row"],
  [64, 2, "col"],
  [128, 1, "row"],
  [128, 2, "row"],
] as const;

const cacheOf = (rows: readonly (readonly (number | string)[])[], more: object = {}) => ({
  device_name: "Test GPU",
  kernel_name: "scale",
  tune_params_keys: ["bx", "by", "layout"],
  tune_params: { bx: [32, 64, 128], by: [1, 2, 3], layout: ["row", "col"] },
  objective: ["time"],
  ...more,
  cache: Object.fromEntries(
    rows.map(([bx, by, layout], at) => [`${bx},${by},${layout}`, { bx, by, layout, time: 2 + at, times: [2 + at] }]),
  ),
});
const request = { python: undefined, out: join(folder, "space.json") };

describe.skipIf(!hasPython)("a script", () => {
  test("and the cache that it names become a recorded space with its restrictions", async () => {
    const source = file("tune.py", SCRIPT);
    file("cache_4096.json", cacheOf(VALID));
    const report = await importKernelTuner({ ...request, source });
    expect(report).toMatchObject({ kernel: "scale", parameters: 3, constraints: CONSTRAINTS, valid: 10, notes: [] });
    expect(report.recorded).toMatchObject({ configurations: 10, failed: 0, device: "Test GPU", best: 2 });
    const space = await loadRecordedSpace(request.out);
    expect(space.definition.constraints).toEqual(CONSTRAINTS);
    expect(space.definition.members).toHaveLength(10);
    expect(space.lookup({ bx: 64, by: 2, layout: "row" })).toMatchObject({ outcome: "ok", time_ms: 8 });
  });

  test("says what it leaves out, and why", async () => {
    const extra = 'tune(N, [lambda p: is_good(p), "bx < limit", "by in (1, 2, 3)"])';
    const source = file("left.py", SCRIPT.replace("    tune(N)", `    ${extra}`));
    const cache = file("more.json", cacheOf([...VALID, [128, 3, "row"], [256, 1, "row"]]));
    const report = await importKernelTuner({ ...request, source, cache });
    expect(report).toMatchObject({ untranslated: 2, constraints: [...CONSTRAINTS, "by in (1, 2, 3)"] });
    expect(report.recorded).toMatchObject({ configurations: 10 });
    expect(report.notes).toEqual([
      'Left out: restriction "lambda p: is_good(p)": it calls is_good().',
      'Left out: constraint "bx < limit": "limit" is not a parameter; the parameters are bx, by, layout.',
      `1 row of ${cache} left out: ${source} does not list their values.`,
      `1 row of ${cache} left out: they violate a constraint.`,
    ]);
  });

  test("takes unknown values from the measurements, and without them says that they are unknown", async () => {
    const source = file(
      "argv.py",
      SCRIPT.replace("list(range(1, 4))", "[int(sys.argv[1])]").replace("cache_", "none_"),
    );
    const report = await importKernelTuner({ ...request, source, cache: file("c.json", cacheOf(VALID)) });
    expect(report).toMatchObject({ valid: 10 });
    expect(report.notes[0]).toMatch(/^The values of by come from the measurements.*line 9: it reads sys.argv\)\.$/);
    await expect(importKernelTuner({ source, tuner: join(folder, "t.json"), python: undefined })).rejects.toThrow(
      "the values of by are unknown: line 9: it reads sys.argv. A script is read, not run: write the values as a list",
    );
  });

  test("of several calls, the one of the cache is meant; otherwise they are listed", async () => {
    const other = 'kt.tune_kernel("other", "x.cu", 1, [], {"x": [1]})';
    const source = file("two.py", `${SCRIPT}    ${other}\n`);
    const cache = file("two.json", cacheOf(VALID));
    expect(await importKernelTuner({ ...request, source, cache })).toMatchObject({ kernel: "scale" });
    expect(await importKernelTuner({ ...request, source, call: 1 })).toMatchObject({ kernel: "scale" });
    await expect(importKernelTuner({ ...request, source })).rejects.toThrow(
      "calls tune_kernel 2 times: 1 scale (line 20), 2 other (line 23). Choose one with --call.",
    );
    await expect(importKernelTuner({ ...request, source, cache, call: 2 })).rejects.toThrow(
      "it lacks x, and it has bx, by, layout besides",
    );
  });

  test("what cannot be read is one sentence", async () => {
    const read = (name: string, content: string | object) =>
      importKernelTuner({ ...request, source: file(name, content) });
    await expect(read("a.py", "x = (")).rejects.toThrow("a.py, line 1, is not Python: '(' was never closed.");
    await expect(read("b.py", "x = 1")).rejects.toThrow("calls tune_kernel nowhere");
    await expect(read("c.py", SCRIPT.replace("cache_", "none_"))).rejects.toThrow("its cache is none_4096");
    await expect(read("d.json", cacheOf(VALID))).rejects.toThrow("d.json is not a T1 file: ConfigurationSpace");
    const huge = SCRIPT.replace("list(range(1, 4))", "list(range(10**9))").replace("[2**i for", "[2**10**10 for");
    const lost = huge.replace("cache_", "none_");
    await expect(read("e.py", lost)).rejects.toThrow("the values of bx are unknown: line 8: a number is too large");
  });
});

describe.skipIf(!hasPython)("a T1 file", () => {
  const T1 = {
    ConfigurationSpace: {
      TuningParameters: [
        { Name: "block_size_x", Type: "int", Values: "[32*i for i in range(1, 33)]", Default: 32 },
        { Name: "block_size_y", Type: "int", Values: "[1, 2]" },
      ],
      Conditions: [
        { Expression: "block_size_y == 1 or block_size_x > 32", Parameters: ["block_size_x", "block_size_y"] },
      ],
    },
    KernelSpecification: { KernelName: "add" },
  };

  test("with T4 results becomes a recorded space; Kernel Tuner's own limit is added", async () => {
    const result = (x: number, y: number, more: object) => ({
      configuration: { block_size_x: x, block_size_y: y },
      times: { compilation: 300, benchmark: 4, validation: 0, runtimes: [1] },
      invalidity: "correct",
      measurements: [{ name: "time", value: x, unit: "ms" }],
      objectives: ["time"],
      ...more,
    });
    const failed = { invalidity: "compile", measurements: [] };
    const cache = file("T4.json", { results: [result(64, 2, {}), result(96, 1, failed)], schema_version: "1.0.0" });
    const report = await importKernelTuner({ ...request, source: file("T1.json", T1), cache });
    expect(report).toMatchObject({ kernel: "add", valid: 16 + 16 + 15 });
    expect(report.notes).toEqual([
      'Added "block_size_x * block_size_y <= 1024", as Kernel Tuner does: a block has at most 1024 threads.',
    ]);
    const space = await loadRecordedSpace(request.out);
    expect(space.deviceName).toBe("T4");
    expect(space.lookup({ block_size_x: 64, block_size_y: 2 })).toMatchObject({ outcome: "ok", compile_ms: 300 });
    expect(space.lookup({ block_size_x: 96, block_size_y: 1 })).toMatchObject({ outcome: "compile_error" });
  });

  test("with an unknown key is refused, and becomes arguments of the Python Tuner", async () => {
    const { ConfigurationSpace } = T1;
    const wrong = { ConfigurationSpace: { TuningParameters: ConfigurationSpace.TuningParameters, Constraints: [] } };
    const tuner = join(folder, "tuner.json");
    await expect(importKernelTuner({ source: file("w.json", wrong), tuner, python: undefined })).rejects.toThrow(
      /is not a T1 file:.*Constraints/,
    );
    await importKernelTuner({ source: file("T1.json", T1), tuner, python: undefined });
    expect(JSON.parse(readFileSync(tuner, "utf8"))).toEqual({
      config_space: { block_size_x: Array.from({ length: 32 }, (_, at) => 32 * (at + 1)), block_size_y: [1, 2] },
      constraints: ["block_size_y == 1 or block_size_x > 32", "block_size_x * block_size_y <= 1024"],
      direction: "minimize",
    });
  });
});

test.skipIf(!hasPython)(
  "the script of the page is read in full, and its function and lambda are translated",
  async () => {
    const page = readFileSync(new URL("../../docs/kernel-tuner.md", import.meta.url), "utf8");
    const [, script] = /```python\n(.*?)```/s.exec(page) as unknown as [string, string];
    const tuner = join(folder, "page.json");
    const report = await importKernelTuner({ source: file("page.py", script), tuner, python: undefined });
    expect(report).toMatchObject({ kernel: "convolution", untranslated: 0 });
    for (const constraint of report.constraints) expect(page).toContain(constraint);
    expect(page).toContain(
      `${report.parameters} parameters, ${report.constraints.length} constraints, ${report.valid} valid`,
    );
  },
);

test("without Python, the message says that it is needed", async () => {
  await expect(
    importKernelTuner({ ...request, source: file("p.py", SCRIPT), python: join(folder, "no") }),
  ).rejects.toThrow("was not found, and Python 3.10 or newer is needed to read p.py");
});
