/** Recordings of other programs: read where the meaning is plain, otherwise refused with advice. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSpace } from "../search-space/search-space.ts";
import type { ObjectiveRequest } from "./objective.ts";
import { recordedKernel } from "./recorded-kernel.ts";
import { loadRecordedSpace } from "./recorded-space.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recorded-formats-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const load = (content: string | Buffer, request: ObjectiveRequest = {}) => {
  const path = join(folder, "space.json");
  writeFileSync(path, content);
  return loadRecordedSpace(path, request);
};

type Row = Record<string, unknown>;
/** One parameter, x; a row for each entry. */
const cache = (rows: Row[], more: Row = {}) => ({
  device_name: "Test GPU",
  kernel_name: "stencil",
  tune_params_keys: ["x"],
  tune_params: { x: rows.map((_, at) => at + 1) },
  ...more,
  cache: Object.fromEntries(rows.map((row, at) => [String(at + 1), { x: at + 1, ...row }])),
});
const json = (value: unknown) => JSON.stringify(value);

describe("the objective of a recording", () => {
  it.each([
    ["GFLOP/s", "maximize", [2, 5, 3], 5],
    ["GFLOPS/W", "maximize", [2, 5, 3], 5],
    ["bandwidth", "maximize", [2, 5, 3], 5],
    ["score", "maximize", [-2, 0, -3], 0],
    ["energy", "minimize", [2, 5, 3], 2],
    ["cost", "minimize", [-2, 5, 3], -2],
  ] as const)("%s: %s", async (name, direction, values, optimum) => {
    const rows = values.map((value) => ({ time: 1, [name]: value }));
    const space = await load(json(cache(rows, { objective: name })));
    expect(space).toMatchObject({ objective: { name, direction }, optimum });
    const { definition } = recordedKernel(space);
    expect(definition.objective).toEqual(space.objective);
  });

  it("is a list in caches of Kernel Tuner 1.5.0, whose failures have no value", async () => {
    const rows = [
      { time: 1, "GB/s": 5 },
      { __error__: "CompilationFailedConfig", compile_time: 7 },
      { __error__: "InvalidConfig" },
    ];
    const space = await load(json(cache(rows, { objective: ["GB/s", "time"] })));
    expect(space).toMatchObject({ objective: { name: "GB/s", direction: "maximize" }, optimum: 5 });
    expect(space.lookup({ x: 2 })).toMatchObject({ outcome: "compile_error", message: "CompilationFailedConfig" });
    expect(space.lookup({ x: 3 })).toMatchObject({ outcome: "invalid" });
  });

  it("is what the request says, before what the file says", async () => {
    const rows = [
      { time: 3, "GFLOP/s": 1, wear: 9 },
      { time: 2, "GFLOP/s": 4, wear: 7 },
    ];
    const file = json(cache(rows, { objective: "GFLOP/s" }));
    expect(await load(file, { name: "time" })).toMatchObject({ optimum: 2, objective: { direction: "minimize" } });
    expect(await load(file, { direction: "minimize" })).toMatchObject({ optimum: 1 });
    await expect(load(file, { name: "wear" })).rejects.toThrow("add --maximize or --minimize");
    expect(await load(file, { name: "wear", direction: "maximize" })).toMatchObject({ optimum: 9 });
    await expect(load(file, { name: "heat", direction: "maximize" })).rejects.toThrow(
      "no recorded configuration ran with a heat; numbers are recorded for time, GFLOP/s, wear",
    );
    const beside = await load(file, { beside: "wear:min" });
    expect(beside.objective.beside).toEqual({ name: "wear", direction: "minimize", unit: null });
    expect(beside.lookup({ x: 2 })?.metrics).toEqual({ "GFLOP/s": 4, wear: 7 });
    await expect(load(file, { beside: "wear" })).rejects.toThrow("write wear:min or wear:max");
  });

  it("is what the file says of its direction", async () => {
    const rows = [{ marks: 1 }, { marks: 3 }];
    const space = await load(json(cache(rows, { objective: "marks", objective_higher_is_better: true })));
    expect(space).toMatchObject({ optimum: 3, objective: { direction: "maximize" } });
    expect(space.lookup({ x: 1 })).toMatchObject({ outcome: "ok", time_ms: null, metrics: { marks: 1 } });
  });

  it("leaves a recording of times the kernel that it was", async () => {
    const { definition } = recordedKernel(await load(json(cache([{ time: 2 }, { time: 1 }]))));
    expect(definition).not.toHaveProperty("objective");
  });

  it.each([
    ["a failure's name", "CompilationFailedConfig", "compile_error"],
    ["a failure's name of another kind", "RuntimeFailedConfig", "crashed"],
    ["a sentinel", 1e20, "crashed"],
    ["the largest float", 1.7976931348623157e308, "crashed"],
    ["zero", 0, "crashed"],
    ["nothing", null, "crashed"],
    ["a negative time", -1, "crashed"],
  ])("fails one row, not the file: %s", async (_, time, outcome) => {
    const space = await load(json(cache([{ time: 2 }, { time }, { time: "0.5" }])));
    expect(space.lookup({ x: 2 })).toMatchObject({ outcome, time_ms: null });
    expect(space.lookup({ x: 3 })).toMatchObject({ outcome: "ok", time_ms: 0.5 });
    expect(space.optimum).toBe(0.5);
  });
});

describe("Python's JSON", () => {
  it("reads NaN and Infinity, and leaves strings that hold these words", async () => {
    const text = json(
      cache([
        { time: 2, note: "NaN, Infinity" },
        { time: 1, volt: 7 },
      ]),
    ).replace('"volt":7', '"volt":NaN,"temp":-Infinity');
    const space = await load(text);
    expect(space).toMatchObject({ optimum: 1, cutAfter: null });
    const nan = await load(text.replace('"time":1', '"time":NaN'));
    expect(nan.lookup({ x: 2 })?.outcome).toBe("crashed");
  });

  const whole = json(cache([{ time: 2.25, "a}b": '}]{["' }, { time: 1.75 }, { time: 3.5 }]));
  it.each([
    ["without its end", whole.slice(0, -2), 3],
    ["after a comma", `${whole.slice(0, -2)},`, 3],
    ["within a number", whole.slice(0, whole.indexOf("3.5") + 2), 2],
    ["within a string", whole.slice(0, whole.indexOf('"3":') + 2), 2],
    ["after a backslash", `${whole.slice(0, whole.indexOf('"3":'))}"3":{"x":3,"s":"\\`, 2],
  ])("a file that was cut %s is read up to its last whole row", async (_, text, rows) => {
    const space = await load(text);
    expect(space).toMatchObject({ cutAfter: rows, optimum: 1.75 });
    expect(openSpace(space.definition).count).toBe(rows);
  });

  it("a gzip file that was cut is read as far as it goes", async () => {
    const many = Array.from({ length: 4_000 }, (_, at) => ({ time: 1 + (((at * 2_654_435_761) >>> 0) % 9_973) / 7 }));
    const packed = gzipSync(json(cache(many)));
    const space = await load(packed.subarray(0, Math.floor(packed.length / 2)));
    expect(space.cutAfter).toBeGreaterThan(500);
    expect(space.cutAfter).toBeLessThan(4_000);
  });
});

describe("a file that is not a recording is refused with advice", () => {
  it.each([
    ["version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"],
    [Buffer.from("PK\x03\x04rest", "latin1"), "a zip archive"],
    [Buffer.from("\x28\xb5\x2f\xfdrest", "latin1"), "zstd -d"],
    ["", "is empty"],
    ["[1, 2]", "contains no JSON object"],
    [json({ General: {}, ConfigurationSpace: { TuningParameters: [] }, KernelSpecification: {} }), "a T1 file"],
    [json({ sections: [{ kernel: "Xgemm", results: [] }] }), "a database of CLBlast"],
    [json({ best_kernel: "1", kernel_family: "copy", results: [] }), "CLBlast's tuners"],
    ["<html>", "neither JSON nor gzipped JSON"],
    [gzipSync("{}").subarray(0, 12), "gzip data"],
  ])("%#", async (content, message) => {
    await expect(load(content)).rejects.toThrow(message);
  });

  it.each([
    [{ tune_params: { x: [{ n: 1 }] } }, "the parameter x has an object among its values"],
    [{ tune_params: { x: [[1, 2]] } }, "the parameter x has a list among its values"],
    [{ tune_params: { x: [null] } }, "the parameter x has null among its values"],
    [{ tune_params: {} }, "tune_params lacks x"],
  ])("a value of another kind: %j", async (more, message) => {
    await expect(load(json({ ...cache([{ time: 1 }]), ...more }))).rejects.toThrow(message);
  });
});

describe("an accepted recording fits the store and the wire", () => {
  const named = (name: string, values: unknown[], rows: Row) =>
    json({ kernel_name: "k", tune_params_keys: [name], tune_params: { [name]: values }, cache: rows });

  it("long values, odd names, names of an object's own fields", async () => {
    const long = `-O3 ${"-fpass ".repeat(100)}`;
    expect((await load(named("flags", [long], { a: { flags: long, time: 1 } }))).optimum).toBe(1);
    for (const name of ["block size.x", "größe", "constructor", "x,y"]) {
      const text = named("NAME", [4], { "4": { NAME: 4, time: 1 } }).replaceAll('"NAME"', JSON.stringify(name));
      const space = openSpace((await load(text)).definition);
      const config = space.decode(space.enumerated?.[0] ?? []);
      expect(Object.entries(config)).toEqual([[name, 4]]);
      expect(space.encode(config)).toEqual([0]);
    }
  });

  it("a parameter named as a field of the measurement is read from the key", async () => {
    const space = await load(named("time", [3, 4], { "3": { time: 0.5 }, "4": { time: 0.25 } }));
    expect(space.lookup({ time: 4 })).toMatchObject({ time_ms: 0.25 });
    await expect(load(named("times", ["a,b"], { "a,b": { time: 1, times: [1] } }))).rejects.toThrow(
      "Rename the parameter",
    );
  });

  it.each([
    ["a value of 5,000 characters", named("flags", ["x".repeat(5_000)], { a: { flags: "x".repeat(5_000), time: 1 } })],
    ["a name of 200 characters", named("n".repeat(200), [1], { "1": { time: 1 } })],
    ["a name that objects keep", named("NAME", [1], { "1": { time: 1 } }).replaceAll("NAME", "__proto__")],
    ["a control character in a name", named("a\u0000b", [1], { "1": { time: 1 } })],
  ])("%s is refused at once", async (_, text) => {
    await expect(load(text)).rejects.toThrow(/cannot be replayed|tune_params lacks __proto__/);
  });

  it("more parameters than there is room for are refused, seventy are not", async () => {
    const wide = (count: number, value: string) => {
      const names = Array.from({ length: count }, (_, at) => `P${at}`);
      const row = Object.fromEntries(names.map((name) => [name, value]));
      const params = Object.fromEntries(names.map((name) => [name, [value]]));
      return json({
        kernel_name: "k",
        tune_params_keys: names,
        tune_params: params,
        cache: { a: { ...row, time: 1 } },
      });
    };
    expect((await load(wide(70, "v"))).definition.parameters).toHaveLength(70);
    await expect(load(wide(300, "v"))).rejects.toThrow("cannot be replayed");
    await expect(load(wide(70, "v".repeat(900)))).rejects.toThrow("Shorten the values");
  });
});

describe("results of other tuners", () => {
  it("T4", async () => {
    const result = (x: number, value: unknown, invalidity = "correct") => ({
      configuration: { x, layout: "rows" },
      times: { compilation_time: 800, runtimes: [value], validation: 1 },
      invalidity,
      measurements: [{ name: "time", value, unit: "ms" }],
      objectives: ["time"],
    });
    const space = await load(json({ results: [result(1, 2), result(2, 1.5), result(4, 1e20, "compile")] }));
    expect(space).toMatchObject({ optimum: 1.5, objective: { name: "time" } });
    expect(space.lookup({ x: 4, layout: "rows" })).toMatchObject({ outcome: "compile_error", compile_ms: 800 });
    expect(space.lookup({ x: 2, layout: "rows" })).toMatchObject({ outcome: "ok", time_ms: 1.5, samples: [1.5] });
  });

  it("KTT", async () => {
    const result = (x: number, duration: number, status = "Ok") => ({
      KernelName: "gemm",
      Status: status,
      TotalDuration: duration,
      Configuration: [{ Name: "x", Value: x }],
    });
    const file = { Metadata: { Device: "GPU", TimeUnit: "Microseconds" } };
    const results = [
      result(1, 1500),
      result(2, 900),
      result(3, 0, "CompilationFailed"),
      result(4, 7, "ValidationFailed"),
    ];
    const space = await load(json({ ...file, Results: results }));
    expect(space).toMatchObject({ kernelName: "gemm", deviceName: "GPU", optimum: 0.9 });
    expect([1, 2, 3, 4].map((x) => space.lookup({ x })?.outcome)).toEqual(["ok", "ok", "compile_error", "incorrect"]);
  });
});
