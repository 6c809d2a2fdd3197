import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSpace } from "../search-space/search-space.ts";
import { loadRecordedSpace } from "./recorded-space.ts";

const recording = {
  device_name: "NVIDIA Test",
  kernel_name: "saxpy",
  problem_size: [4096],
  tune_params_keys: ["block", "layout", "fast"],
  tune_params: { block: [32, 16], layout: ["rows", "columns"], fast: [true] },
  objective: "time",
  cache: {
    "32,rows,True": {
      block: 32,
      layout: "rows",
      fast: true,
      time: 2.5,
      times: [2.6, 2.5],
      compile_time: 800,
      "GFLOP/s": 1,
    },
    "16,rows,True": { time: 2 },
    "16,columns,True": { time: "RuntimeFailedConfig", compile_time: 70 },
    "32,columns,True": { time: "CompilationFailedConfig" },
  },
};

describe("a recorded space", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "recorded-space-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const write = async (content: string | Buffer) => {
    const path = join(folder, "space.json");
    await writeFile(path, content);
    return path;
  };

  it.each([
    ["plain", (text: string) => text],
    ["gzipped", (text: string) => gzipSync(text)],
    ["after a byte order mark", (text: string) => `\uFEFF${text}`],
    ["after a byte order mark, gzipped", (text: string) => gzipSync(`\uFEFF${text}`)],
  ])("answers for what was recorded, failures as failures (%s)", async (_, pack) => {
    const recorded = await loadRecordedSpace(await write(pack(JSON.stringify(recording))));
    expect(recorded).toMatchObject({ kernelName: "saxpy", deviceName: "NVIDIA Test", optimum: 2 });
    const space = openSpace(recorded.definition);
    expect(space.count).toBe(4);
    const outcomes = space.enumerated?.map((genes) => recorded.lookup(space.decode(genes))?.outcome);
    expect(outcomes?.toSorted()).toEqual(["compile_error", "crashed", "ok", "ok"]);
    expect(recorded.lookup({ block: 32, layout: "rows", fast: true })).toMatchObject({
      outcome: "ok",
      time_ms: 2.5,
      samples: [2.6, 2.5],
      compile_ms: 800,
      message: null,
    });
    expect(recorded.lookup({ block: 16, layout: "columns", fast: true })).toMatchObject({
      outcome: "crashed",
      time_ms: null,
      message: "RuntimeFailedConfig",
    });
    expect(recorded.lookup({ block: 64, layout: "rows", fast: true })).toBeNull();
  });

  it("explains what is wrong with a file", async () => {
    const load = async (content: string | Buffer) => loadRecordedSpace(await write(content));
    await expect(loadRecordedSpace(join(folder, "none.json"))).rejects.toThrow("cannot read the recorded space");
    await expect(load("{")).rejects.toThrow("neither JSON nor gzipped JSON");
    for (const mark of ["", "\uFEFF"]) {
      const utf16 = Buffer.from(mark + JSON.stringify(recording), "utf16le");
      await expect(load(utf16)).rejects.toThrow("it is not UTF-8; save it as UTF-8");
    }
    await expect(load('{"kernel_name": "x"}')).rejects.toThrow("not a recorded space in Kernel Tuner's cache format");
    await expect(load(JSON.stringify({ ...recording, cache: { "8,rows,True": { time: 1 } } }))).rejects.toThrow(
      "block = 8 is not one of its tune_params",
    );
    const failed = { "32,rows,True": { time: "CompilationFailedConfig" } };
    await expect(load(JSON.stringify({ ...recording, cache: failed }))).rejects.toThrow(
      "every recorded configuration failed",
    );
  });
});
