/**
 * Hostile code with nothing but the sandbox in its way, on a host that allows everything and on poorer ones: it is
 * contained, leaves nothing behind, and the next candidate runs.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Layer } from "@kevo/core/sandbox/sandbox.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend, Job } from "../backend.ts";
import { openCpuBackend } from "./cpu-backend.ts";
import { evaluateJob, jobFor, kernelIn } from "./job.fixture.ts";

const MARK = "/tmp/kevo-hostile-mark";
const kernel = await kernelIn(fileURLToPath(new URL("./hostile.fixture/", import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "kevo-sandboxed-"));
/** As on a host without a static C library, so that a candidate must load its libraries. */
const NO_STATIC = join(folder, "cc");
writeFileSync(NO_STATIC, '#!/bin/sh\nfor word; do [ "$word" = -static ] && exit 1; done\nexec cc "$@"\n', {
  mode: 0o755,
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXAMPLE = fileURLToPath(new URL("../../../tests/fixtures/vector-scale-cpu/", import.meta.url));
/** Fails if it reads files outside the kernel, writes outside its folder, or reaches the network. */
const PRYING = `#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
static void pry(void) {
  FILE *user = fopen("/etc/passwd", "r"), *mark = fopen("${MARK}", "w"), *system = fopen("/proc/sys/kernel/core_pattern", "w");
  if (user != NULL || mark != NULL || system != NULL || socket(AF_INET, SOCK_STREAM, 0) >= 0) exit(9);
}
`;
const PRYING_PYTHON = `import os, socket
found = []
for path, mode in [("/etc/passwd", "r"), ("${MARK}", "w"), ("/proc/sys/kernel/core_pattern", "w")]:
    try: open(path, mode); found.append(path)
    except OSError: pass
try: socket.socket(); found.append("network")
except OSError: pass
if "KEVO_TEST_KEY" in os.environ: found.append("key")
name = " ".join(found) or "nothing"
print('{"' + name + '": {"small": 1}}')
`;

/** Processes that run what this process compiled for a candidate. */
function leftovers(): string[] {
  const mine = new RegExp(`-${process.pid}-.*/candidates/`);
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && mine.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
    } catch {
      return false;
    }
  });
}

const DEEDS: readonly (readonly [deed: string, outcome: string, message: RegExp | null])[] = [
  ["reads_a_key", "ok", null],
  ["reads_a_key_while_compiled", "compile_error", /error/],
  ["opens_a_socket", "crashed", /forbidden system call/],
  ["writes_outside_scratch", "crashed", /forbidden system call/],
  ["writes_inside_scratch", "crashed", /forbidden system call/],
  ["forks_without_end", "crashed", /forbidden system call/],
  ["outlives_its_parent", "crashed", /forbidden system call/],
  ["runs_a_program", "crashed", /forbidden system call/],
  ["allocates_without_end", "crashed", /SIGABRT/],
  ["fills_the_disk", "crashed", /SIGXFSZ/],
  ["fills_shared_memory", "crashed", /forbidden system call/],
  ["kills_the_referee", "crashed", /forbidden system call/],
];

describe.each<[string, readonly Layer[], string | undefined]>([
  ["all that this host allows", [], undefined],
  ["no namespaces, as in a plain container", ["namespaces"], undefined],
  ["no static library", [], NO_STATIC],
  ["neither", ["namespaces"], NO_STATIC],
])("%s", (_what, without, compiler) => {
  let backend: Backend;
  beforeAll(async () => {
    if (compiler !== undefined) process.env.CC = compiler;
    process.env.KEVO_TEST_KEY = "a-recognisable-secret";
    backend = await openCpuBackend({ memoryBytes: 128 * 1024 ** 2, runLimitMs: 1_000, without, whenBusy: "measure" });
  });
  afterAll(async () => {
    delete process.env.CC;
    delete process.env.KEVO_TEST_KEY;
    await backend.close();
  });

  const evaluate = (deed: string) => measured(jobFor(kernel, { DEED: deed }));
  const measured = (job: Job) => evaluateJob(backend, job);

  // The files that a candidate may read depend on how it is linked; all else is the same.
  const isRare = compiler !== undefined;
  test.each(DEEDS.filter(([deed]) => !isRare || /^(reads|opens|writes_outside|outlives|runs)/.test(deed)))(
    "%s is %s, and the next candidate runs",
    async (deed, outcome, message) => {
      expect(backend.protection).toMatchObject({ contains: true });
      const found = await evaluate(deed);
      expect(found).toMatchObject({ outcome, ...(message && { message: expect.stringMatching(message) }) });
      expect(JSON.stringify(found)).not.toMatch(/root:|recognisable/);
      expect(existsSync(MARK)).toBe(false);
      const next = await evaluate("honest");
      expect(next, JSON.stringify(next)).toMatchObject({ outcome: "ok" });
      expect(leftovers()).toEqual([]);
    },
  );

  test("the reference and the comparison of a kernel are contained as well", async () => {
    const own = mkdtempSync(join(folder, "kernel-"));
    cpSync(EXAMPLE, own, { recursive: true });
    const reference = readFileSync(join(own, "reference.c"), "utf8");
    writeFileSync(
      join(own, "reference.c"),
      `${PRYING}${reference.replace("layout->inputs = 2;", "layout->inputs = 2; pry();")}`,
    );
    writeFileSync(join(own, "comparison.py"), PRYING_PYTHON);
    const kernel = await kernelIn(own);
    const definition = { ...kernel.definition, comparison: "comparison.py" };
    const job = jobFor({ ...kernel, hash: own, definition }, {}, { purpose: "finalist" });
    const found = await measured(job);
    expect(found).toMatchObject({ outcome: "ok", measurements: [{ others: { nothing: 1 } }] });
    expect(existsSync(MARK)).toBe(false);
  });

  test.runIf(compiler === undefined)("data is not run as code", async () => {
    expect(await evaluate("runs_code_from_data")).toMatchObject({ outcome: "ok" });
  });
});
