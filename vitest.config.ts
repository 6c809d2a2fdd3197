import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const FILES = "{proto,core,gpu-evaluator,island-worker,coordinator,research-stage,bench,tests}/**/*.test.ts";
const files = globSync(FILES, { cwd: import.meta.dirname, exclude: ["**/node_modules/**"] });

/** What changes the process that a test runs in, or starts others, as native modules and signals want it. */
const OWN_PROCESS = /\bvi\.|\bprocess\.|\b(spawn|execFile|startNatsServer|Workplace)\b|^import .*\.fixture/m;
const textOf = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8");
const alone = files.filter((file) => OWN_PROCESS.test(textOf(file)));
/** Without Vite's runner, Vitest cannot replace modules of a file that it cannot parse: its parser knows no `using`. */
const mocking = alone.filter((file) => /\bvi\.mock\(/.test(textOf(file)));

export default defineConfig({
  test: {
    pool: "forks",
    // A run that waits for a quiet machine would wait for the tests beside it.
    env: { KEVO_WHEN_BUSY: "measure" },
    // Tests start real daemons, compilers and servers, and wait for them much of the time.
    maxWorkers: Math.max(4, availableParallelism()),
    // Node loads the tests as it loads the programs, which takes less of a processor than Vite's runner.
    experimental: { viteModuleRunner: false },
    // Tests load what programs load, and start programs by the hundred, which inherit where compiled code is kept.
    execArgv: ["--import", fileURLToPath(new URL("core/program/fast-loading.ts", import.meta.url))],
    // Against what hangs, not what is slow: a busy machine takes many times as long as an idle one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 300_000 } },
    projects: [
      { extends: true, test: { name: "alone", include: alone.filter((file) => !mocking.includes(file)) } },
      { extends: true, test: { name: "mocking", include: mocking, experimental: { viteModuleRunner: true } } },
      // These share a process: the start of one, and the loading of what they test, cost more than most of them.
      { extends: true, test: { name: "together", include: files.filter((f) => !alone.includes(f)), isolate: false } },
    ],
  },
});
