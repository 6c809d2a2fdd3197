/** Kernels that their authors got wrong, each in one way: `coordinator check` names the fault in one sentence. */
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check as checkHere } from "@kevo/coordinator/cli/actions/check.ts";
import { asUserError } from "@kevo/core/errors/system-error.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../house/files.ts";

const GOOD = join(ROOT, "tests/fixtures/vector-scale-cpu");
const TYPED = join(ROOT, "tests/fixtures/typed-cpu");
const TRITON = join(ROOT, "gpu-evaluator/kernels/attention-forward");
const COORDINATOR = join(ROOT, "coordinator/bin/coordinator.mjs");

type Definition = Record<string, unknown> & { workloads: Record<string, unknown>[] };

interface Broken {
  readonly fault: string;
  /** The fixture that is broken. */
  readonly of?: string;
  readonly code: 1 | 2;
  /** The one sentence, without the program's name. */
  readonly says: RegExp;
  readonly json?: (definition: Definition) => void;
  /** Text of a file, changed. */
  readonly edit?: readonly [file: string, from: string | RegExp, to: string];
  readonly remove?: string;
  /** A new file of so many bytes. */
  readonly add?: readonly [file: string, bytes: number];
  /** Of the line with --json. */
  readonly named?: string;
}

const BROKEN: readonly Broken[] = [
  {
    fault: "kernel.json is not JSON",
    code: 2,
    says: /kernel\.json is not JSON: .*line 4 column 3/,
    edit: ["kernel.json", /"title": "[^"]*",/, '"title": "no comma follows"'],
  },
  {
    fault: "a field that does not exist",
    code: 2,
    says: /kernel\.json: .*"tolerence"/,
    json: (definition) => Object.assign(definition, { tolerence: { relative_l2: 1e-6 } }),
  },
  {
    fault: "a constraint that excludes everything",
    code: 2,
    says: /kernel\.json: constraint "UNROLL > 8": no combination of values satisfies it/,
    json: (definition) => Object.assign(definition, { constraints: ["UNROLL > 8"] }),
  },
  {
    fault: "constraints that together exclude everything",
    code: 2,
    says: /kernel\.json: no configuration satisfies all constraints together: UNROLL > 2; UNROLL < 4/,
    json: (definition) => Object.assign(definition, { constraints: ["UNROLL > 2", "UNROLL < 4"] }),
  },
  {
    fault: "a default outside the space",
    code: 2,
    says: /kernel\.json: default: .*UNROLL.*3/,
    json: (definition) => Object.assign(definition, { default: { UNROLL: 3, LOOP: "forward", OPTIMISE: "-O3" } }),
  },
  {
    fault: "a default that breaks a constraint",
    code: 2,
    says: /kernel\.json: default breaks the constraint UNROLL >= 2/,
    json: (definition) => Object.assign(definition, { constraints: ["UNROLL >= 2"] }),
  },
  {
    fault: "a default for which a constraint divides by zero",
    code: 2,
    says: /kernel\.json: default breaks the constraint 8 % \(UNROLL - 1\) == 0: with UNROLL = 1 it has no value \(division by zero\)/,
    json: (definition) => Object.assign(definition, { constraints: ["8 % (UNROLL - 1) == 0"] }),
  },
  {
    fault: "a file that is missing",
    code: 2,
    says: /source: the kernel's folder has no file kernel\.c/,
    remove: "kernel.c",
  },
  {
    fault: "a kernel.c that does not compile",
    code: 1,
    says: /kernel\.c:\d+:\d+: error: .*lenght.*Correct kernel\.c/s,
    edit: ["kernel.c", "i < end", "i < lenght"],
    named: "baseline_failed",
  },
  {
    fault: "a wrong signature",
    code: 1,
    says: /kernel\.c:\d+:\d+: error: conflicting types for .kevo_kernel.*Correct kernel\.c/s,
    edit: ["kernel.c", "float *output)", "double *output)"],
    named: "baseline_failed",
  },
  {
    fault: "a kernel that defines no kevo_kernel",
    code: 1,
    says: /undefined reference to .kevo_kernel.*Correct kernel\.c/s,
    edit: ["kernel.c", "void kevo_kernel(", "void scale_vectors("],
    named: "baseline_failed",
  },
  {
    fault: "a misspelt size in the kernel",
    code: 1,
    says: /the workload has no size called 'lenght'.*Correct kernel\.c/s,
    edit: ["kernel.c", '"length"', '"lenght"'],
    named: "baseline_failed",
  },
  {
    fault: "a misspelt size in the reference",
    code: 1,
    says: /workload small: reference\.c .*the workload has no size called 'lenght'.*Correct reference\.c/s,
    edit: ["reference.c", '"length"', '"lenght"'],
    named: "reference_failed",
  },
  {
    fault: "a wrong result",
    code: 1,
    says: /workload small: relative L2 error .* is above 0\.000001.*Correct kernel\.c/s,
    edit: ["kernel.c", "3.0f *", "3.1f *"],
    named: "baseline_failed",
  },
  {
    fault: "a reference that crashes",
    code: 1,
    says: /workload small: reference\.c .*was ended by SIGSEGV.*Correct reference\.c/s,
    edit: [
      "reference.c",
      'for (int64_t i = 0; i < kevo_size(shape, "length"); i++) output[i]',
      "for (int64_t i = 0;; i++) output[i]",
    ],
    named: "reference_failed",
  },
  {
    fault: "a kernel that writes outside its arrays",
    code: 1,
    says: /it wrote outside its arrays.*Correct kernel\.c/s,
    edit: ["kernel.c", "t.block = t.length;", "t.y[t.length] = 0, t.block = t.length;"],
    named: "baseline_failed",
  },
  {
    fault: "a kernel that leaves elements unwritten",
    code: 1,
    says: /elements of the output were never written.*Correct kernel\.c/s,
    edit: ["kernel.c", "t.block = t.length;", "t.block = t.length / 2;"],
    named: "baseline_failed",
  },
  {
    fault: "arrays larger than the memory of a candidate",
    code: 1,
    says: /workload small: .*(no memory|cannot map|too large).*/s,
    json: ({ workloads }) => Object.assign(workloads[0] ?? {}, { shape: { length: 2 ** 36 } }),
  },
  {
    fault: "arguments in another order",
    of: TYPED,
    code: 1,
    says: /kernel\.c:\d+:\d+: error: conflicting types for .kevo_kernel.*Correct kernel\.c/s,
    edit: [
      "kernel.c",
      "int64_t rows, int64_t columns, const double *x",
      "const double *x, int64_t rows, int64_t columns",
    ],
    named: "baseline_failed",
  },
  {
    fault: "an integer that is wrong",
    of: TYPED,
    code: 1,
    says: /workload small: 1 element of the output counts is wrong.*Correct kernel\.c/s,
    edit: ["kernel.c", "if (BUG == BUG_count) counts[3] += 1000", "counts[3] += 1000"],
    named: "baseline_failed",
  },
  {
    fault: "a size that no argument has",
    of: TYPED,
    code: 2,
    says: /kernel\.json: workload small: its shape has no size columns, which is an argument; add it/,
    json: ({ workloads }) => Object.assign(workloads[0] ?? {}, { shape: { rows: 60 } }),
  },
  {
    fault: "a Triton source that is no Python",
    of: TRITON,
    code: 1,
    says: /^attention\.py, line \d+, is not Python: .*Correct it\./,
    edit: ["attention.py", "def _exponentials(", "def _exponentials(("],
  },
  {
    fault: "a Triton reference without a function",
    of: TRITON,
    code: 1,
    says: /^reference\.py defines no function hidden_shapes, which the Triton backend calls\. Define it\./,
    edit: ["reference.py", "def hidden_shapes(", "def other_shapes("],
  },
  {
    fault: "a count of a misspelt size",
    of: TYPED,
    code: 2,
    says: /kernel\.json: arguments: count of x: "colums" is not a size; the sizes are rows, columns/,
    edit: ["kernel.json", '"rows * columns"', '"rows * colums"'],
  },
  {
    fault: "an element type of another language",
    of: TYPED,
    code: 2,
    says: /arguments\.2\.type: the argument "x" has the type "float"; possible are size, f64, f32/,
    edit: ["kernel.json", '"f64"', '"float"'],
  },
  {
    fault: "a flag for the linker",
    code: 2,
    says: /kernel\.json: parameter OPTIMISE: '-Wl,-rpath' is not an optimisation flag .*Remove this value/,
    edit: ["kernel.json", '"-O2"', '"-Wl,-rpath"'],
  },
  {
    fault: "a large file beside the kernel",
    code: 2,
    says: /folder has 16\.\d+ MiB; the limit is 16.* largest file is data\.bin/,
    add: ["data.bin", 16 * 1024 ** 2],
  },
  {
    fault: "a reference whose answer is not a number",
    code: 1,
    says: /reference\.c .*the right answer of output 1 is not a number at element 0.*Correct reference\.c/s,
    edit: ["reference.c", "output[i] = 3.0", "output[i] = 0.0 / 0.0 * 3.0"],
    named: "reference_failed",
  },
  {
    fault: "a reference that answers otherwise each time",
    code: 1,
    says: /^reference\.c has other answers to the same inputs when it computes them again\. Correct it/,
    edit: ["reference.c", "output[i] = 3.0", "output[i] = ({ static int calls; calls++; }) + 3.0"],
    named: "reference_failed",
  },
  {
    fault: "a reference with a main of its own",
    code: 1,
    says: /reference\.c of kernel .* does not compile: .*multiple definition of .main'/,
    edit: ["reference.c", "void kevo_reference(", "int main(void) { return 0; }\nvoid kevo_reference("],
    named: "reference_failed",
  },
  {
    fault: "an assertion that fails",
    code: 1,
    says: /ended by the signal SIGABRT .*: candidate: kernel\.c:\d+: kevo_kernel: Assertion .0 > 1' failed/,
    edit: [
      "kernel.c",
      /(#include "kevo.h")([\s\S]*)t\.block = t\.length;/,
      "$1\n#include <assert.h>$2assert(0 > 1); t.block = t.length;",
    ],
    named: "baseline_failed",
  },
  {
    fault: "a count that divides by zero",
    of: TYPED,
    code: 2,
    says: /kernel\.json: workload small: the count of x divides by zero; correct it/,
    edit: ["kernel.json", '"rows * columns"', '"rows // (columns - 33)"'],
  },
  {
    fault: "flops that cannot be",
    code: 1,
    says: /workload small: .* measured peak .*flops or bytes .* do not match/s,
    json: ({ workloads }) => Object.assign(workloads[0] ?? {}, { flops: 1e15 }),
    named: "baseline_failed",
  },
];

let room: string;
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), "kevo-check-"));
  // A clone whose first command this is builds what is missing, and says so.
  execFileSync(process.execPath, [COORDINATOR, "--version"], { stdio: "ignore" });
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

function folderOf({ fault, of = GOOD, json, edit, remove, add }: Broken): string {
  const folder = join(room, fault.replaceAll(/[^a-z]+/gi, "-"));
  cpSync(of, folder, { recursive: true });
  const change = (file: string, to: (text: string) => string) => {
    const before = readFileSync(join(folder, file), "utf8");
    const after = to(before);
    expect(after).not.toBe(before);
    writeFileSync(join(folder, file), after);
  };
  if (json !== undefined) {
    change("kernel.json", (text) => {
      const definition = JSON.parse(text) as Definition;
      json(definition);
      return JSON.stringify(definition, null, 2);
    });
  }
  if (edit !== undefined) change(edit[0], (text) => text.replace(edit[1], edit[2]));
  if (remove !== undefined) rmSync(join(folder, remove));
  if (add !== undefined) writeFileSync(join(folder, add[0]), Buffer.alloc(add[1]));
  return folder;
}

function check(folder: string, ...options: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const args = [COORDINATOR, "check", folder, ...options];
    execFile(process.execPath, args, { encoding: "utf8" }, (error, out, err) => {
      resolve({ code: (error?.code as number | undefined) ?? 0, out, err });
    });
  });
}

describe("a broken kernel", () => {
  // In this process: the start of a program costs more than most of these.
  test.each(BROKEN)("$fault", async (broken) => {
    const error: unknown = await checkHere(folderOf(broken), { json: true }).catch((thrown: unknown) => thrown);
    const told = asUserError(error);
    expect(told, String(error)).not.toBeNull();
    expect(told?.message).toMatch(broken.says);
    expect(told?.exitCode).toBe(broken.code);
    if (broken.named !== undefined || broken.code === 2) expect(told?.code).toBe(broken.named ?? "wrong_usage");
  });

  const one = (code: number) => BROKEN.find((broken) => broken.code === code) as Broken;
  test.each([one(2), one(1)])("$fault, told by the program", async (broken) => {
    const { code, out, err } = await check(folderOf(broken), "--json");
    expect(err).toMatch(broken.says);
    expect(code).toBe(broken.code);
    // One sentence, no stack trace; a compiler's complaint may have several lines.
    expect(err).toMatch(/^coordinator: /);
    expect(err).not.toMatch(/^ +at /m);
    const { error } = JSON.parse(out.trim());
    expect(error.code).toBe(broken.named ?? "wrong_usage");
  });
});

test("a kernel in order: its space, its default's time, and the room that it leaves", async () => {
  const dead: Broken = {
    ...{ fault: "in order", code: 1, says: /^/ },
    json: (definition) =>
      Object.assign(definition, {
        constraints: ['LOOP == "forward" or UNROLL >= 2', "UNROLL < 8", "UNROLL == 1 or 6 // (UNROLL - 8) <= 0"],
        parameters: [...(definition.parameters as object[]), { name: "SPARE", type: "boolean" }],
        default: { ...(definition.default as object), SPARE: false },
      }),
    edit: ["kernel.c", "LOOP == LOOP_blocked", "LOOP == LOOP_bloked || LOOP == LOOP_blocked"],
  };
  const folder = folderOf(dead);
  const { code, out, err } = await check(folder);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toContain("vector-scale-cpu: kernel.json is valid (4 parameters, 1 workload, 1 baseline, backend cpu).");
  expect(out).toContain("Search space: 30 of 48 configurations are valid.");
  expect(out).toContain("No valid configuration has UNROLL = 8: remove this value, or loosen a constraint.");
  expect(out).toContain('(UNROLL - 8) <= 0": with UNROLL = 8 it has no value (division by zero), which excludes such');
  expect(out).toContain("kernel.c never mentions the parameter SPARE, so its values make no difference: use it, or");
  expect(out).toMatch(/kernel\.c, line \d+, compares LOOP_bloked, which neither a parameter nor a #define names/);
  expect(out).toMatch(/The default configuration of vector-scale-cpu builds and is correct on 1 workload/);
  expect(out).toMatch(/workload +time ms +GFLOP\/s +GB\/s +roofline/);
  expect(out).toMatch(/Room on small: at most [\d.]+×/);
  expect(out).toMatch(/Noise while it was measured: .*a baseline against itself up to [\d.]+×/);
  const json = JSON.parse((await check(folder, "--json")).out);
  expect(json).toMatchObject({
    kernel: "vector-scale-cpu",
    space: { combinations: 48, valid: 30, exact: true, dead_values: [{ parameter: "UNROLL", value: 8 }] },
    not_tried: null,
  });
  expect(json.default.workloads[0].room.factor).toBeGreaterThan(0);
});
