import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { expect, test } from "vitest";
import type { CheckReport } from "./check-kernel.ts";
import { checkedLine, codeLines, defaultLines, inputLines } from "./report.ts";

const kernelOf = (types: readonly string[]) =>
  ({
    definition: kernelDefinition.parse({
      ...{ id: "k", title: "k", backends: ["cpu"], source: "kernel.c", reference: "reference.c" },
      ...{ default: { T: 1 }, parameters: [{ name: "T", type: "ordinal", values: [1] }] },
      workloads: [{ name: "small", shape: { n: 4 } }],
      arguments: [
        { name: "n", type: "size" },
        ...types.map((type, at) => ({ name: `y${at}`, type, count: "n", output: true })),
      ],
    }),
  }) as KernelPackage;

function correctness(types: readonly string[], error: number): string | undefined {
  const workload = { workload: "small", time_ms: 1, speedup_high: 1, error, others: {}, room: null };
  const report = {
    ...{ kernel: "k", backend: "cpu", not_tried: null },
    default: { device: "CPU", toolchain: "cc", workloads: [workload], quietness: null, input_remarks: [] },
  } as unknown as CheckReport;
  return defaultLines(report, kernelOf(types), {})[0]?.replace(/.*1 workload: /, "");
}

test("an error is told as its outputs are compared", () => {
  expect(correctness(["f64"], 2e-14)).toBe("relative error at most 2.0e-14, tolerance 1e-12.");
  expect(correctness(["i32", "u8"], 0)).toBe("equal to the reference.");
  expect(correctness(["f32", "i64"], 0)).toBe("relative error at most 0, tolerance 0.00001; integers are equal.");
  // A half that is off by 1.8e-4 of its 2e-3, told as a double's 9e-14 of its 1e-12.
  expect(correctness(["f64", "f16"], 9e-14)).toBe("relative errors at most 9.0 % of each output's tolerance.");
});

test("how little of the space was looked at is said", () => {
  const report = { default: {}, space: { exact: true, valid: 1264 } } as unknown as CheckReport;
  const { definition, ...rest } = kernelOf(["f64"]);
  const baselines = [{ name: "a", config: {} }];
  expect(checkedLine(report, { ...rest, definition: { ...definition, baselines } })).toBe(
    "Checked: the default and 1 baseline, of 1,264 valid configurations. A run checks each one that it tries.",
  );
  expect(checkedLine({ ...report, default: null }, kernelOf(["f64"]))).toMatch(/^No configuration was checked/);
});

test("remarks about the code are sentences", () => {
  const undefined_names = [{ file: "a.h", line: 3, name: "TIEL" }];
  expect(codeLines({ unused_parameters: ["A", "B"], undefined_names }, kernelOf(["f64"]))).toEqual([
    expect.stringMatching(
      /^kernel\.c never mentions the parameters A, B, so their values make no difference: use them/,
    ),
    "a.h, line 3, compares TIEL, which neither a parameter nor a #define names: it counts as 0 there.",
  ]);
  expect(codeLines({ unused_parameters: [], undefined_names: [] }, kernelOf(["f64"]))).toEqual([]);
});

test("inputs that cannot show a wrong kernel are named, each fault in one sentence", () => {
  const kernel = kernelOf(["f64"]);
  const x = { name: "x", type: "f32" as const, count: "n", output: false };
  const definition = { ...kernel.definition, arguments: [...(kernel.definition.arguments ?? []), x] };
  const remark = (remark: "constant" | "seedless" | "ignored", input = 0) => ({ remark, input });
  expect(inputLines([remark("constant")], definition)).toEqual([
    "reference.c gives every element of the input x the same value, so a kernel that reads wrong elements of it passes: fill it from the seed.",
  ]);
  const { arguments: _, ...untyped } = definition;
  expect(
    inputLines([remark("ignored", 0), remark("ignored", 1), remark("seedless"), remark("seedless", 1)], untyped),
  ).toEqual([
    expect.stringMatching(
      /^The right answers do not depend on the inputs 1, 2, so a kernel that reads them wrongly passes/,
    ),
    expect.stringMatching(/^reference\.c makes the same inputs from every seed/),
  ]);
  expect(inputLines([], definition)).toEqual([]);
});
