import { packFiles } from "@kevo/core/kernel/archive.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { type KernelDefinition, kernelDefinition } from "@kevo/proto/kernel.ts";
import { expect, test } from "vitest";
import { codeRemarks } from "./code-remarks.ts";

const DEFINITION: KernelDefinition = kernelDefinition.parse({
  ...{ id: "k", title: "k", backends: ["cpu"], source: "kernel.c", reference: "reference.c" },
  default: { TILE: 1, LOOP: "forward", ORDER: ["m", "k"], PACK: true, MATH: "" },
  parameters: [
    { name: "TILE", type: "ordinal", values: [1, 2] },
    { name: "LOOP", type: "categorical", values: ["forward", "two-pass"] },
    { name: "ORDER", type: "permutation", items: ["m", "k"] },
    { name: "PACK", type: "boolean" },
    { name: "MATH", type: "categorical", values: ["", "-ffast-math"] },
  ],
  workloads: [{ name: "small", shape: { length: 4 } }],
});

function remarks(files: Record<string, string>, backend: "cpu" | "triton" = "cpu") {
  const packed = Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) }));
  return codeRemarks({ definition: DEFINITION, bytes: packFiles(packed) } as KernelPackage, backend);
}

const USED = "TILE; PACK; ORDER_0;\n#if LOOP == LOOP_two_pass\n#endif\n";

test("a parameter that only comments, strings and the reference mention is unused", () => {
  const code = '/* TILE */ const char *s = "PACK"; // LOOP\nint TILES, ORDERED;\n';
  expect(remarks({ "kernel.c": code, "reference.c": "TILE PACK LOOP" }).unused_parameters).toEqual([
    ...["TILE", "LOOP", "ORDER", "PACK"],
  ]);
  expect(remarks({ "kernel.c": '#include "parts/a.h"\n', "parts/a.h": USED }).unused_parameters).toEqual([]);
  const python =
    "# PACK\ndef plan(config, shape, target):\n  return config['TILE'], config[\"LOOP\"], config['ORDER']\n";
  expect(remarks({ "kernel.py": python }, "triton").unused_parameters).toEqual(["PACK"]);
});

test("a name in a condition that nothing defines is told with its line", () => {
  const code = [
    USED,
    "#define OWN 1",
    "#if OWN && defined(OTHER) && __AVX2__ && INT64_MAX > 0 && KEVO_H /* NOT_ME */",
    "#elif LOOP == LOOP_twopass || \\",
    "  TIEL > 1",
    "#elif OTHER",
    "#endif",
  ].join("\n");
  expect(remarks({ "kernel.c": code }).undefined_names).toEqual([
    { file: "kernel.c", line: 7, name: "LOOP_twopass" },
    { file: "kernel.c", line: 7, name: "TIEL" },
  ]);
});
