/** The example of docs/cuda.md, taken literally as far as a host without a GPU can: checked, and compiled where NVRTC is. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CUDA } from "@kevo/gpu-evaluator/backends/cuda/cuda-language.ts";
import { RunnerProcess } from "@kevo/gpu-evaluator/backends/triton/runner-process.ts";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const page = readFileSync(at("../../docs/cuda.md"), "utf8");
const FILES = ["kernel.json", "row_sums.cu", "reference.py"];
const RUNNER = at("../../gpu-evaluator/runner");
const python = process.env.KEVO_PYTHON || "python3";
const hasNvrtc = spawnSync(python, ["-B", join(RUNNER, "nvrtc.py")]).status === 0;
const H100 = { arch: 90, warp_size: 32, max_shared_bytes: 232448, max_registers: 65536, multiprocessors: 132 };

function write(place: Workplace): void {
  const files = [...page.matchAll(/^`(row-sums\/[\w.]+)`[\s\S]*?^```\w+\n([\s\S]*?)^```$/gm)];
  expect(files.map(([, file]) => file)).toEqual(FILES.map((file) => `row-sums/${file}`));
  for (const [, file = "", text = ""] of files) {
    mkdirSync(dirname(place.file(file)), { recursive: true });
    writeFileSync(place.file(file), text);
  }
}

test("the kernel of the page passes its check", async () => {
  await using place = new Workplace();
  write(place);
  const ended = await place.run("coordinator", ["check", "./row-sums", "--json"]);
  expect(ended.code, ended.stderr).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    backend: "cuda",
    space: { valid: 56, dead_values: [] },
    code: { unused_parameters: [], undefined_names: [] },
  });
});

test.skipIf(!hasNvrtc)("and every configuration of it compiles (skipped without NVRTC: set KEVO_PYTHON)", async () => {
  await using place = new Workplace();
  write(place);
  const folder = place.file("row-sums");
  const definition = kernelDefinition.parse(JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")));
  const environment = { PATH: process.env.PATH ?? "" };
  const script = join(RUNNER, CUDA.program);
  const compiler = new RunnerProcess({
    python,
    script,
    cwd: place.path,
    env: environment,
    memoryBytes: null,
    niceness: 0,
  });
  try {
    await compiler.ready(60_000);
    for (const LOADS of ["one", "four"]) {
      const config = { THREADS: 128, ROWS: 4, LOADS, MATH: "--use_fast_math" };
      const job = { kernel: { hash: "", folder, definition }, config };
      const question = {
        type: "compile",
        ...{
          folder,
          source: join(folder, "row_sums.cu"),
          reference: "reference.py",
          config,
          target: H100,
          input_seed: 1,
        },
        ...{ workloads: definition.workloads, cache_dir: place.file("cache"), ...CUDA.ask(job) },
      };
      const found = await compiler.request(question, "compiled", 60_000);
      expect(found).toMatchObject({ outcome: "ok", message: null, kernels: [{ shared_bytes: 2048, num_warps: 16 }] });
    }
  } finally {
    await compiler.end();
  }
});
