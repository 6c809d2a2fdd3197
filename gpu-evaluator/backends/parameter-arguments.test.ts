import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { describe, expect, test } from "vitest";
import { parameterArguments } from "./parameter-arguments.ts";

const definition = kernelDefinition.parse({
  id: "k",
  title: "k",
  backends: ["cpu"],
  parameters: [
    { name: "TILE", type: "ordinal", values: [16, 32] },
    { name: "PACK", type: "boolean" },
    { name: "SOFTMAX", type: "categorical", values: ["online", "two-pass"] },
    { name: "ORDER", type: "permutation", items: ["m", "n"] },
    { name: "FLAGS", type: "categorical", values: ["", "-O2 -funroll-loops", "-mprefer-vector-width=512"] },
    { name: "DEPTH", type: "integer", min: 1, max: 9 },
  ],
  default: null,
  workloads: [{ name: "w", shape: {}, flops: 1, bytes: 1 }],
  source: "kernel.c",
  reference: "reference.c",
});
const config = { TILE: 32, PACK: true, SOFTMAX: "two-pass", ORDER: ["n", "m"], FLAGS: "-O2 -funroll-loops", DEPTH: 3 };

describe("parameters as compiler arguments", () => {
  test("numbers, booleans, words, orders and flags", () => {
    expect(parameterArguments(definition, config)).toEqual([
      "-DTILE=32",
      "-DPACK=1",
      "-DSOFTMAX_online=1",
      "-DSOFTMAX_two_pass=2",
      "-DSOFTMAX=SOFTMAX_two_pass",
      "-DORDER_m=1",
      "-DORDER_n=2",
      "-DORDER_0=ORDER_n",
      "-DORDER_1=ORDER_m",
      "-O2",
      "-funroll-loops",
      "-DDEPTH=3",
    ]);
  });

  test("an empty value among flags is no flag", () => {
    expect(parameterArguments(definition, { ...config, FLAGS: "" })).not.toContain("");
  });

  test.each([
    [{ ...config, TILE: 17 }, /TILE has no value 17/],
    [{ ...config, ORDER: "m" }, /ORDER is a permutation/],
    [{ TILE: 16 }, /lacks parameter PACK/],
  ])("an invalid configuration is refused: %j", (wrong, message) => {
    expect(() => parameterArguments(definition, wrong)).toThrow(message);
  });

  test.each(["-o /etc/passwd", "-fplugin=./evil.so", "-include x", "-Wl,-rpath", "-O2 ;ls", "-fdump-tree-all", "-B."])(
    "%s is no optimisation flag",
    (flag) => {
      const kernel = {
        ...definition,
        parameters: [{ name: "FLAGS", type: "categorical" as const, values: [flag, "-O2"] }],
      };
      expect(() => parameterArguments(kernel, { FLAGS: flag })).toThrow(/not an optimisation flag/);
    },
  );
});
