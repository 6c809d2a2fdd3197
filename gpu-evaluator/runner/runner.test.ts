/** The runner's Python tests. Those that need torch and triton are skipped where Python lacks them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const python = process.env.KEVO_PYTHON || "python3";
const runs = (...args: string[]) => spawnSync(python, args, { encoding: "utf8" });
const file = (name: string) => fileURLToPath(new URL(`tests/${name}`, import.meta.url));
const hasPython = runs("-c", "import sys; assert sys.version_info >= (3, 10)").status === 0;
const hasNvrtc = runs("-B", fileURLToPath(new URL("nvrtc.py", import.meta.url))).status === 0;
const hasTorch = runs("-c", "import torch, triton").status === 0;

test.skipIf(!hasPython)("frames, statistics and hidden shapes (skipped without Python 3.10 or later)", () => {
  const { status, stderr } = runs("-B", file("protocol_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasPython)("plans, and what a candidate's code must leave as it was (skipped without Python 3.10)", () => {
  const { status, stderr } = runs("-B", file("watch_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasPython)("which baselines run, and why others do not (skipped without Python 3.10)", () => {
  const { status, stderr } = runs("-B", file("baselines_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasPython)("the gate for Python that a model wrote (skipped without Python 3.10)", () => {
  const { status, stderr } = runs("-B", file("gate_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasPython)("results above what a device can do (skipped without Python 3.10)", () => {
  const { status, stderr } = runs("-B", file("plausible_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasTorch)(
  "inputs that no launch has seen, and what is found (skipped without torch: set KEVO_PYTHON)",
  () => {
    const { status, stderr } = runs("-B", file("rotation_test.py"));
    expect(status, stderr).toBe(0);
  },
);

test.skipIf(!hasTorch)(
  "a time that no device reaches makes a candidate incorrect, and a baseline no yardstick (skipped without torch and triton: set KEVO_PYTHON)",
  () => {
    const { status, stderr } = runs("-B", file("impossible_test.py"));
    expect(status, stderr).toBe(0);
  },
);

test.skipIf(!hasPython)("code that daemons share, under kills and damage (skipped without Python 3.10)", () => {
  const { status, stderr } = runs("-B", file("shared_artefacts_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasTorch)("two daemons compile once for both (skipped without torch and triton: set KEVO_PYTHON)", () => {
  const { status, stderr } = runs("-B", file("compile_sharing_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasTorch)(
  "the attention kernel in Triton's interpreter, and hostile answers (skipped without torch and triton: set KEVO_PYTHON)",
  () => {
    const { status, stderr } = runs("-B", file("attention_test.py"));
    expect(status, stderr).toBe(0);
  },
);

test.skipIf(!hasTorch)(
  "the fused mixture of experts in Triton's interpreter (skipped without torch and triton: set KEVO_PYTHON)",
  () => {
    const { status, stderr } = runs("-B", file("fused_moe_test.py"));
    expect(status, stderr).toBe(0);
  },
);

test.skipIf(!hasTorch)("a CUDA kernel's tensor maps (skipped without torch and triton: set KEVO_PYTHON)", () => {
  const { status, stderr } = runs("-B", file("tensor_maps_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasPython)("a CUDA kernel's launches in numbers (skipped without Python 3.10)", () => {
  const { status, stderr } = runs("-B", file("geometry_test.py"));
  expect(status, stderr).toBe(0);
});

test.skipIf(!hasNvrtc)("CUDA C++ compiles without a GPU (skipped without NVRTC: set KEVO_PYTHON)", () => {
  const { status, stderr } = runs("-B", file("cuda_compile_test.py"));
  expect(status, stderr).toBe(0);
});
