/** Kernels with several outputs of several types: each is poisoned before a call, and judged by what its type allows. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Workload } from "@kevo/proto/kernel.ts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Backend } from "../backend.ts";
import { openCpuBackend } from "./cpu-backend.ts";
import { evaluateJob, jobFor, kernelIn } from "./job.fixture.ts";

const FOLDER = fileURLToPath(new URL("../../../tests/fixtures/typed-cpu/", import.meta.url));

let backend: Backend;
beforeAll(async () => {
  backend = await openCpuBackend({ whenBusy: "measure" });
});
afterAll(async () => backend.close());

test("a right candidate is measured; without bytes it has no GB/s", async () => {
  const kernel = await kernelIn(FOLDER);
  const measured = await evaluateJob(backend, jobFor(kernel, { UNROLL: 2 }, { purpose: "finalist" }));
  expect(measured).toMatchObject({
    outcome: "ok",
    measurements: [{ workload: "small", gbytes_per_s: null, bandwidth_share: null }],
  });
});

/** A template and a lambda, so that C would refuse it. */
const CPP = `#include "kevo.h"
#include <vector>
template <int unroll> static void scale(const double *x, double *y, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) y[i] = 3 * x[i];
}
struct job { const double *x; double *y; int64_t length; };
void kevo_kernel(int64_t length, const double *x, double *y) {
  std::vector<job> jobs{{x, y, length}};
  kevo_parallel(2, 2, [](void *argument, int64_t task, int) {
    const job &j = *static_cast<job *>(argument);
    scale<UNROLL>(j.x, j.y, j.length / 2 * task, task == 0 ? j.length / 2 : j.length);
  }, jobs.data());
}
`;
const CPP_REFERENCE = `#include "kevo.h"
void kevo_inputs(int64_t length, uint64_t seed, double *x) {
  for (int64_t i = 0; i < length; i++) x[i] = kevo_uniform_double(&seed);
}
void kevo_reference(int64_t length, const double *x, double *y) {
  for (int64_t i = 0; i < length; i++) y[i] = 3 * x[i];
}
`;

const hasCpp = spawnSync("c++", ["--version"]).status === 0;

test.skipIf(!hasCpp)("a kernel in C++ is built by the C++ compiler, and so is its reference", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-cpp-"));
  try {
    const definition = {
      ...{ id: "cpp", title: "C++", backends: ["cpu"], source: "kernel.cpp", reference: "reference.cpp" },
      parameters: [{ name: "UNROLL", type: "ordinal", values: [1, 2] }],
      default: { UNROLL: 1 },
      workloads: [{ name: "small", shape: { length: 4096 } }],
      arguments: [
        { name: "length", type: "size" },
        { name: "x", type: "f64", count: "length" },
        { name: "y", type: "f64", count: "length", output: true },
      ],
    };
    writeFileSync(join(folder, "kernel.json"), JSON.stringify(definition));
    writeFileSync(join(folder, "kernel.cpp"), CPP);
    writeFileSync(join(folder, "reference.cpp"), CPP_REFERENCE);
    const kernel = await kernelIn(folder);
    expect(await evaluateJob(backend, jobFor(kernel, { UNROLL: 2 }))).toMatchObject({ outcome: "ok" });
    const without = await openWithout("no-such-c++");
    try {
      await expect(evaluateJob(without, jobFor(kernel, {}))).rejects.toThrow(
        /written in C\+\+, and the compiler 'no-such-c\+\+' does not run.*CXX/,
      );
    } finally {
      await without.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** `ones` is constant, `spare` is not read; `place` of another seed leads out of `x`. */
const remarked = (seed: string) => `#include "kevo.h"
void kevo_inputs(int64_t n, uint64_t seed, double *ones, double *spare, int64_t *place, double *x) {
  uint64_t state = ${seed};
  for (int64_t i = 0; i < n; i++) ones[i] = 1, spare[i] = kevo_uniform_double(&state), x[i] = spare[i];
  for (int64_t i = 0; i < n; i++) place[i] = i << (${seed} == 1 ? 0 : 40);
}
void kevo_reference(int64_t n, const double *ones, const double *spare, const int64_t *place, const double *x, double *y) {
  for (int64_t i = 0; i < n; i++) y[i] = ones[i] + x[place[i]];
}
`;

test.each([
  ["seed", ["constant 0", "ignored 1"]],
  ["1", ["constant 0", "ignored 1", "seedless 0", "seedless 1", "seedless 2", "seedless 3"]],
])("inputs made from %s that cannot show a wrong kernel", async (seed, remarks) => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-inputs-"));
  try {
    const definition = {
      ...{ id: "inputs", title: "Inputs", backends: ["cpu"], source: "kernel.c", reference: "reference.c" },
      ...{ parameters: [{ name: "UNROLL", type: "ordinal", values: [1, 2] }], default: { UNROLL: 1 } },
      workloads: [{ name: "small", shape: { n: 64 } }],
      arguments: [
        { name: "n", type: "size" },
        { name: "ones", type: "f64", count: "n" },
        { name: "spare", type: "f64", count: "n" },
        { name: "place", type: "i64", count: "n" },
        { name: "x", type: "f64", count: "n" },
        { name: "y", type: "f64", count: "n", output: true },
      ],
    };
    writeFileSync(join(folder, "kernel.json"), JSON.stringify(definition));
    writeFileSync(join(folder, "kernel.c"), '#include "kevo.h"\n');
    writeFileSync(join(folder, "reference.c"), remarked(seed));
    const kernel = await kernelIn(folder);
    const found = await backend.inputRemarks?.(kernel, kernel.definition.workloads[0] as Workload);
    expect(found?.map(({ remark, input }) => `${remark} ${input}`)).toEqual(remarks);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

async function openWithout(compiler: string): Promise<Backend> {
  vi.stubEnv("CXX", compiler);
  try {
    return await openCpuBackend();
  } finally {
    vi.unstubAllEnvs();
  }
}

test.each([
  ["sum", "relative L2 error .* of the output sums is above 1e-12"],
  ["half", "relative L2 error .* of the output halves is above 0.002: element \\d+ is [-\\d.]+, expected [-\\d.]+"],
  ["count", "1 element of the output counts is wrong .*: element 3 is (\\d+), expected \\d+"],
  ["unwritten", "1 element of the output largest was never written"],
  ["outside", "it wrote outside its arrays: just after the end of the output largest"],
  ["zero", "the output sums is all zero"],
])("a candidate whose %s is wrong is incorrect", async (bug, message) => {
  const found = await evaluateJob(backend, jobFor(await kernelIn(FOLDER), { BUG: bug }));
  expect(found).toMatchObject({ outcome: "incorrect", message: expect.stringMatching(message) });
});
