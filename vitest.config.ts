import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongFirst } from "./tests/verify/long-first.ts";

const FILES = "{proto,core,gpu-evaluator,island-worker,coordinator,research-stage,bench,tests}/**/*.test.ts";
const files = globSync(FILES, { cwd: import.meta.dirname, exclude: ["**/node_modules/**"] });

/** Without Vite's runner, Vitest cannot replace modules of a file that it cannot parse: its parser knows no `using`. */
const mocking = files.filter((file) => /\bvi\.mock\(/.test(readFileSync(new URL(file, import.meta.url), "utf8")));

export default defineConfig({
  test: {
    pool: "forks",
    // A run that waits for a quiet machine would wait for the tests beside it.
    env: { KEVO_WHEN_BUSY: "measure" },
    // Tests start real daemons, compilers and servers, and wait for them much of the time.
    maxWorkers: Math.max(5, availableParallelism()),
    sequence: { sequencer: LongFirst },
    // Node loads the tests as it loads the programs, which takes less of a processor than Vite's runner.
    experimental: { viteModuleRunner: false },
    // Tests load what programs load, and start programs by the hundred, which inherit where compiled code is kept.
    execArgv: ["--import", fileURLToPath(new URL("core/program/fast-loading.ts", import.meta.url))],
    // Against what hangs, not what is slow: a busy machine takes many times as long as an idle one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 300_000 } },
    unstubEnvs: true,
    unstubGlobals: true,
    restoreMocks: true,
    projects: [
      { extends: true, test: { name: "mocking", include: mocking, experimental: { viteModuleRunner: true } } },
      // Test files share a process: its start, and the loading of what they test, cost more than most of them.
      { extends: true, test: { name: "shared", include: files.filter((f) => !mocking.includes(f)), isolate: false } },
    ],
  },
});
