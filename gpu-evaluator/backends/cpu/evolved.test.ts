/** Sources that evolved: gate, compiler and referee in a row, with the real kernel that evolution begins with. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeHash } from "@kevo/core/evolved-source/edits.ts";
import { withRegion } from "@kevo/core/evolved-source/region.ts";
import { codeOf } from "@kevo/core/kernel/code-of.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EvolvedSources } from "../../daemon/evolved-sources.ts";
import type { Backend } from "../backend.ts";
import { openCpuBackend } from "./cpu-backend.ts";
import { evaluateJob, jobFor, kernelIn } from "./job.fixture.ts";

const scratch = mkdtempSync(join(tmpdir(), "kevo-evolved-"));
const kernel = await kernelIn(fileURLToPath(new URL("../../../tests/fixtures/vector-scale-cpu/", import.meta.url)));
const original = (await codeOf(kernel.definition, kernel.folder)) as string;
const store = new Map<string, string>();
const getObject = async (hash: string) => {
  const text = store.get(hash);
  return text === undefined ? null : Buffer.from(text);
};
const evolvedSources = new EvolvedSources({ bus: { getObject }, folder: scratch });
let backend: Backend;
beforeAll(async () => {
  backend = await openCpuBackend();
});
afterAll(async () => {
  await backend.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** As the daemon does it. */
async function evaluate(text: string) {
  const hash = codeHash(text);
  store.set(hash, text);
  const opened = await evolvedSources.open(kernel, hash);
  if ("invalid" in opened) return { outcome: "invalid", message: opened.invalid };
  try {
    return await measured(opened.path);
  } finally {
    await opened.dispose();
  }
}

/** Without the gate. */
function measured(evolvedSource: string) {
  const workloads = kernel.definition.workloads.slice(0, 1);
  return evaluateJob(backend, jobFor(kernel, {}, { evolvedSource, workloads }));
}

const HEAD = "void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {\n";
const RIGHT =
  'for (int64_t i = 0; i < kevo_size(shape, "length"); i++) output[i] = 3.0f * inputs[0][i] + inputs[1][i];';
const kernelOf = (body: string, before = "") => withRegion(original, `${before}${HEAD}${body}\n}`);

test("a right one is measured; a wrong one is judged by inputs that it has not seen, as any other", async () => {
  expect(await evaluate(kernelOf(RIGHT))).toMatchObject({ outcome: "ok" });
  expect(await evaluate(kernelOf(RIGHT.replace("3.0f", "3.1f")))).toMatchObject({ outcome: "incorrect" });
  expect(await evaluate(kernelOf("output[0] = 1;"))).toMatchObject({ outcome: "incorrect" });
  expect(await evaluate(kernelOf("this is no C;"))).toMatchObject({
    outcome: "compile_error",
    message: expect.stringContaining("error"),
  });
});

test.each<[string, string, RegExp]>([
  ["changed outside of its region", original.replace("#include", "#include <unistd.h>\n#include"), /outside/],
  ["refused by the gate", kernelOf('system("id");'), /system/],
])("%s: invalid, with the reason", async (_what, text, why) => {
  expect(await evaluate(text)).toMatchObject({ outcome: "invalid", message: expect.stringMatching(why) });
});

test("what the gate lets through still meets the check of the object code", async () => {
  const folder = join(scratch, "past-the-gate");
  cpSync(kernel.folder, folder, { recursive: true });
  const path = join(folder, "kernel.c");
  writeFileSync(path, `int usleep(unsigned);\n${kernelOf(`usleep(1);\n${RIGHT}`)}`);
  expect(await measured(path)).toMatchObject({
    outcome: "invalid",
    message: expect.stringMatching(/object code calls usleep/),
  });
});

test("calls that compilers make from loops and other calls do not count as the kernel's", async () => {
  const both = "float s = 0; for (int64_t i = 0; i < 4; i++) s += sinf(inputs[0][i]) + cosf(inputs[0][i]);";
  expect(await evaluate(kernelOf(`${both}\n${RIGHT}\nif (s == 9.0f) output[0] = s;`))).toMatchObject({ outcome: "ok" });
});
