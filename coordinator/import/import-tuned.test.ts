/** Tuned files of every kind into a kernel's folder. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { expect, test } from "vitest";
import { KERNELS } from "../run/kernel-of.ts";
import { importTuned } from "./import-tuned.ts";

const FILES = fileURLToPath(new URL("../../tests/fixtures/tuned-files", import.meta.url));
const MIXTRAL = join(FILES, "vllm/E=8,N=7168,device_name=NVIDIA_H100_80GB_HBM3.json");

/** A copy of a kernel with other workloads and parameters. */
function kernelLike(id: string, change: object): string {
  const folder = join(mkdtempSync(join(tmpdir(), "kevo-import-")), id);
  cpSync(join(KERNELS, id), folder, { recursive: true });
  const definition = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
  writeFileSync(join(folder, "kernel.json"), JSON.stringify({ ...definition, ...change }));
  return folder;
}

const tile = {
  parameters: [
    { name: "BLOCK", type: "ordinal", values: [64, 128] },
    { name: "num_warps", type: "ordinal", values: [4, 8] },
    { name: "num_stages", type: "ordinal", values: [2, 3] },
  ],
  constraints: [],
  default: { BLOCK: 64, num_warps: 4, num_stages: 2 },
  features: ["rows"],
};
const shaped = (...rows: number[]) => rows.map((size) => ({ name: `r${size}`, shape: { rows: size, columns: 2048 } }));

test("a stack's rows go to the workloads with their sizes, before what was known", async () => {
  const folder = kernelLike("fused-moe", {});
  const before = (await loadKernel(folder, KERNELS)).known.length;
  const report = await importTuned(MIXTRAL, folder, undefined);
  expect(report).toMatchObject({ kind: "stack", kernel: "fused-moe", left_out: [] });
  expect(Object.keys(report.workloads)).toHaveLength(18);
  const { known } = await loadKernel(folder, KERNELS);
  expect(known.length).toBe(before + 18);
  const row = JSON.parse(readFileSync(MIXTRAL, "utf8"))["4096"];
  const own = known.find(({ workload, device }) => workload === "mixtral-8x7b-tp2/b4096" && device === "any");
  expect(own?.config).toMatchObject({ ...row, ACTIVATION: "apart" });
  // Again, it changes nothing.
  await importTuned(MIXTRAL, folder, undefined);
  expect((await loadKernel(folder, KERNELS)).known).toHaveLength(before + 18);
});

test("of Triton's file, the fastest come first and what did not run is left", async () => {
  const folder = kernelLike("fused-moe", { ...tile, workloads: shaped(64, 128) });
  writeFileSync(
    join(folder, "known-good.json"),
    '{"parameters": ["BLOCK", "num_warps", "num_stages"], "configurations": [], "good": []}',
  );
  const file = join(FILES, "triton/tile.autotune.json");
  await expect(importTuned(file, folder, undefined)).rejects.toThrow(/^--workload is needed .* has r64, r128\.$/);
  expect(await importTuned(file, folder, "r128")).toMatchObject({ kind: "triton", workloads: { r128: 1 } });
  const { known } = await loadKernel(folder, KERNELS);
  expect(known).toMatchObject([{ workload: "r128", config: { BLOCK: 128, num_warps: 8, num_stages: 3 } }]);
});

test("a Helion key names sizes, and one without any is for all; what the kernel has not is named", async () => {
  const folder = kernelLike("fused-moe", { ...tile, workloads: shaped(64, 128) });
  writeFileSync(
    join(folder, "known-good.json"),
    '{"parameters": ["BLOCK", "num_warps", "num_stages"], "configurations": [], "good": []}',
  );
  const file = join(FILES, "helion/nvidia_h100.json");
  const report = await importTuned(file, folder, undefined);
  expect(report).toMatchObject({ kind: "helion", workloads: { r64: 2, r128: 1 }, left_out: [] });
  const other = kernelLike("fused-moe", { ...tile, workloads: shaped(7) });
  writeFileSync(
    join(other, "known-good.json"),
    readFileSync(join(folder, "known-good.json"), "utf8").replaceAll(/r64|r128/g, "r7"),
  );
  expect((await importTuned(file, other, undefined)).left_out).toEqual([
    'key {"rows":64,"columns":2048}: no workload has these sizes',
  ]);
});

test.each([
  ['{"configs_timings": []}', /: key: /],
  ['[{"key": {}}]', /: 0\.config: /],
  ["{", / is not JSON: /],
  ['{"configs_timings": [', / is not JSON: /],
])("%s is refused in one sentence", async (text, sentence) => {
  const folder = kernelLike("fused-moe", {});
  const file = join(folder, "tuned.json");
  writeFileSync(file, text);
  await expect(importTuned(file, folder, undefined)).rejects.toThrow(sentence);
});
