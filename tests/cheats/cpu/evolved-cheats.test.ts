/** Evolved sources that won runs once, as a daemon evaluates them: gate, compiler, referee. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeHash } from "@kevo/core/evolved-source/edits.ts";
import { withRegion } from "@kevo/core/evolved-source/region.ts";
import { codeOf } from "@kevo/core/kernel/code-of.ts";
import type { Backend } from "@kevo/gpu-evaluator/backends/backend.ts";
import { openCpuBackend } from "@kevo/gpu-evaluator/backends/cpu/cpu-backend.ts";
import { kernelIn } from "@kevo/gpu-evaluator/backends/cpu/job.fixture.ts";
import { EvolvedSources } from "@kevo/gpu-evaluator/daemon/evolved-sources.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate } from "./run.ts";

const scratch = mkdtempSync(join(tmpdir(), "kevo-evolved-cheats-"));
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
let backend: Backend;
beforeAll(async () => {
  backend = await openCpuBackend();
});
afterAll(async () => {
  await backend.close();
  rmSync(scratch, { recursive: true, force: true });
});

test.each([
  ["skip-unless-poisoned", "../../../gpu-evaluator/kernels/attention-cpu-naive"],
  ["vs-truncate", "../../fixtures/vector-scale-cpu"],
])("%s is refused", async (name, folder) => {
  const kernel = await kernelIn(at(folder));
  const original = (await codeOf(kernel.definition, kernel.folder)) as string;
  const text = withRegion(original, readFileSync(at(`./regions/${name}.c`), "utf8"));
  const sources = new EvolvedSources({ bus: { getObject: async () => Buffer.from(text) }, folder: scratch });
  const opened = await sources.open(kernel, codeHash(text));
  if ("invalid" in opened) throw new Error(`it is the judgement that is tried here, not the gate: ${opened.invalid}`);
  const found = await evaluate(backend, kernel, {}, opened.path);
  await opened.dispose();
  expect(["incorrect", "crashed"], JSON.stringify(found)).toContain(found.outcome);
});
