/** A kernel with a fault: its own message is reported, and no command is suggested that would be refused. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { failureLine } from "@kevo/proto/failure.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

const VECTOR_SCALE = fileURLToPath(new URL("../fixtures/vector-scale-cpu", import.meta.url));
const BODY = "void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {";
const INPUTS = "  uint64_t state = seed;";
const REFERENCE = "void kevo_reference(const kevo_shape *shape, const float *const inputs[], double *output) {";
const include = "#include <stdio.h>\n#include <stdlib.h>\n";

interface Fault {
  readonly file: "kernel.c" | "reference.c";
  /** Replacements: old text, new text. */
  readonly change: readonly [string, string];
  readonly code: "baseline_failed" | "reference_failed";
  readonly said: RegExp;
}

test.each<[string, Fault]>([
  [
    "a misspelt size in the kernel",
    {
      file: "kernel.c",
      change: ['"length"', '"lenght"'],
      code: "baseline_failed",
      said: /the default configuration of kernel vector-scale-cpu \(baseline 'default'\) failed: .*no size called 'lenght'; its sizes are: length/,
    },
  ],
  [
    "a misspelt size in the reference",
    {
      file: "reference.c",
      change: ['"length"', '"lenght"'],
      code: "reference_failed",
      said: /reference\.c of kernel vector-scale-cpu failed: .*no size called 'lenght'; its sizes are: length/,
    },
  ],
  [
    "a kernel that writes a last word and aborts",
    {
      file: "kernel.c",
      change: [BODY, `${include}${BODY} fprintf(stderr, "tile %d is odd\\n", 3); abort();`],
      code: "baseline_failed",
      said: /was ended by the signal SIGABRT .*tile 3 is odd/,
    },
  ],
  [
    "a reference that is ended by a signal without a word",
    {
      file: "reference.c",
      change: [REFERENCE, `${REFERENCE} *(volatile int *)0 = 1;`],
      code: "reference_failed",
      said: /reference\.c of kernel vector-scale-cpu failed: it was ended by SIGSEGV/,
    },
  ],
  [
    "inputs that cannot be made as often as they are needed",
    {
      file: "reference.c",
      change: [
        INPUTS,
        `  static int calls;\n  if (++calls > 1) { fprintf(stderr, "no second time\\n"); exit(3); }\n${INPUTS}`,
      ],
      code: "reference_failed",
      said: /the program that makes inputs of kernel vector-scale-cpu failed: its process ended with exit code 3 while making inputs: no second time/,
    },
  ],
])("%s", async (_, { file, change: [from, to], code, said }) => {
  await using place = new Workplace();
  cpSync(VECTOR_SCALE, place.file("scale"), { recursive: true });
  const text = readFileSync(place.file(`scale/${file}`), "utf8");
  expect(text).toContain(from);
  const changed = text.replaceAll(from, to);
  const whole = to.includes("exit(3)") ? include + changed : changed;
  writeFileSync(place.file(`scale/${file}`), whole);
  const ended = await place.run("coordinator", ["start", "--kernel", "./scale", "--evaluations", "4", "--json"]);
  expect(ended.code, ended.stderr).toBe(1);
  const { error } = failureLine.parse(JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? ""));
  expect(error).toMatchObject({ code, detail: expect.stringMatching(said) });
  expect(ended.stderr).toContain("Correct the kernel, then start a new run.");
  // The follow-up command would be refused, so it is not suggested.
  expect(ended.stderr).not.toContain("resume");
  writeFileSync(place.file(`scale/${file}`), text);
  expect((await place.run("coordinator", ["resume"])).stderr).toContain("has changed since the run");
});
