import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { describe, expect, test } from "vitest";
import { checkDefinition } from "./definition.ts";

const right = {
  id: "k",
  title: "k",
  backends: ["cuda"],
  parameters: [{ name: "TILE", type: "ordinal", values: [16, 32] }],
  default: { TILE: 16 },
  workloads: [
    { name: "small", shape: { n: 64 } },
    { name: "large", shape: { n: 4096 } },
  ],
  launches: [
    {
      kernel: "scale",
      grid: ["-(-n // TILE)"],
      block: ["TILE"],
      sharedBytes: "TILE * 4",
      arguments: ["x", "out", "n"],
    },
  ],
  scratch: { sums: { type: "fp32", count: "n // TILE" } },
  source: "kernel.cu",
  reference: "reference.py",
};
const check = (change: object) =>
  checkDefinition(
    kernelDefinition.parse({ ...right, ...change }),
    new Set(["kernel.cu", "kernel.cpp", "reference.py"]),
    "kernel.json",
  );
const [launch] = right.launches;

describe("a CUDA kernel's launches", () => {
  test("a right definition passes", () => {
    expect(() => check({})).not.toThrow();
  });

  test.each([
    ["no launches", { launches: undefined }, /needs them: for each launch its kernel, grid, block and arguments/],
    ["an unknown name in the grid", { launches: [{ ...launch, grid: ["m // TILE"] }] }, /grid of scale: .*\bm\b/],
    ["a block that is no expression", { launches: [{ ...launch, block: ["TILE *"] }] }, /block of scale/],
    [
      "shared memory by a call of something",
      { launches: [{ ...launch, sharedBytes: "open(TILE)" }] },
      /sharedBytes of scale/,
    ],
    ["scratch of an unknown size", { scratch: { sums: { type: "fp32", count: "rows" } } }, /scratch: count of sums/],
    [
      "shapes that differ",
      { workloads: [...right.workloads, { name: "odd", shape: { m: 1 } }] },
      /odd has the sizes m, but small has n/,
    ],
    [
      "a size with a parameter's name",
      { workloads: [{ name: "w", shape: { TILE: 1, n: 2 } }] },
      /parameter TILE: a size/,
    ],
    [
      "a map with a box of another rank",
      { launches: [{ ...launch, arguments: [{ map: "x", order: [0, 1], box: [1, 1, 64], swizzle: 128 }] }] },
      /map of x has 2 dimensions, but a box of 3/,
    ],
    [
      "a map's box by an unknown name",
      { launches: [{ ...launch, arguments: [{ map: "x", order: [0, 1], box: ["ROWS", 64], swizzle: 128 }] }] },
      /map of x: .*ROWS/,
    ],
    ["a constant that is no size", { constants: ["width"] }, /constants: width is no size of the shapes, which have n/],
    ["launches for another backend", { backends: ["triton"] }, /launches: only kernels of the CUDA backend/],
    ["another language", { source: "kernel.cpp" }, /kernel.cpp is not CUDA C\+\+ \(.cu\)/],
    [
      "a keyword of C++ as a parameter",
      {
        parameters: [{ name: "template", type: "boolean" }],
        default: { template: true },
        launches: [{ ...launch, grid: ["n"], block: [32], sharedBytes: 0 }],
        scratch: undefined,
      },
      /keyword of C\+\+/,
    ],
  ])("%s", (_what, change, message) => {
    expect(() => check(change)).toThrow(message);
  });
});
