/** A kernel with outputs of several types, exported, and called from Python and from C. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

const TYPED = fileURLToPath(new URL("../fixtures/typed-cpu", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** Rows of ones and codes of their column, modulo 16. */
const PYTHON = `
import array, json, sys
from loader import Kernel

def tell(kernel, rows, columns):
    shape = {"rows": rows, "columns": columns}
    x = array.array("d", [0.1] * (rows * columns))
    codes = array.array("B", [i % columns % 16 for i in range(rows * columns)])
    sums, halves, brains, counts, largest = kernel(shape, x, codes)
    def bits(one): return [int(b) for b in memoryview(one).cast("B")[:2]]
    return {"sums": float(sums[0]), "half": bits(halves), "brain": bits(brains),
            "counts": [int(n) for n in counts], "largest": int(largest[0]), "runs": kernel.choice(shape).kind}

kernel = Kernel()
told = {"types": kernel.inputs_of({"rows": 60, "columns": 33}), "measured": tell(kernel, 60, 33), "other": tell(kernel, 3, 20)}
try:
    kernel({"rows": 60, "columns": 33}, array.array("f", [0.0] * 1980), array.array("B", [0] * 1980))
except ValueError as error:
    told["refused"] = str(error)
json.dump(told, sys.stdout)
`;

const C = `#include <stdio.h>
#include "typed_cpu.h"
static _Alignas(64) double x[1980], sums[60];
static _Alignas(64) uint8_t codes[1980], largest[60];
static _Alignas(64) kevo_f16 halves[60];
static _Alignas(64) kevo_bf16 brains[60];
static _Alignas(64) int32_t counts[16];
int main(void) {
  for (int i = 0; i < 1980; i++) x[i] = 0.1, codes[i] = (uint8_t)(i % 33 % 16);
  const int measured = typed_cpu(60, 33, x, codes, sums, halves, brains, counts, largest);
  printf("%d %.3f %.2f %.2f %d %d ", measured, sums[0], (double)halves[0], (double)(brains[0].bits >> 7), counts[0], largest[0]);
  const int other = typed_cpu(3, 20, x, codes, sums, halves, brains, counts, largest);
  printf("%d %.3f\\n", other, sums[0]);
  return 0;
}
`;

test.skipIf(!hasPython)("a kernel with several outputs is called from Python and from C", async () => {
  await using place = new Workplace();
  cpSync(TYPED, place.file("kernel"), { recursive: true });
  const start = ["start", "--kernel", "./kernel", "--islands", "1", "--evaluations", "4", "--seed", "1", "--json"];
  const run = await place.run("coordinator", start);
  // 75: the machine is too busy for a claim, and the fastest baseline is what is exported.
  expect([0, 75], run.stderr).toContain(run.code);
  const ended = await place.run("coordinator", ["export", "--out", "out", "--json"]);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(ended.stdout)).toMatchObject({ checked: [{ workload: "small", runs: "tuned" }], unchecked: null });

  writeFileSync(place.file("out/user.py"), PYTHON);
  const told = JSON.parse(execFileSync("python3", [place.file("out/user.py")], { encoding: "utf8" }));
  const counts = Array.from({ length: 16 }, (_, code) => (code === 0 ? 180 : 120));
  // 3.3 is 0x429a in binary16, 0x4053 in bfloat16.
  expect(told.measured).toMatchObject({ half: [0x9a, 0x42], brain: [0x53, 0x40], counts, largest: 15, runs: "tuned" });
  expect(told.measured.sums).toBeCloseTo(3.3, 12);
  // 2 is 0x4000 in both.
  expect(told.other).toMatchObject({ half: [0, 0x40], brain: [0, 0x40], largest: 15, runs: "reference" });
  expect(told.types).toEqual([
    ["float64", 1980],
    ["uint8", 1980],
  ]);
  expect(told.refused).toBe("input 0 is not contiguous float64 (its format is f)");

  const built = spawnSync("sh", ["build.sh"], { cwd: place.file("out"), encoding: "utf8" });
  expect(built, built.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining("-ltyped_cpu -lm -pthread") });
  writeFileSync(place.file("out/user.c"), C);
  const link = ["user.c", "-I.", "-L.", "-ltyped_cpu", "-lm", "-pthread", "-o", "user"];
  execFileSync("cc", link, { cwd: place.file("out") });
  const answer = execFileSync(place.file("out/user"), { encoding: "utf8" });
  expect(answer).toBe("1 3.300 3.30 128.00 180 15 0 2.000\n");
});
