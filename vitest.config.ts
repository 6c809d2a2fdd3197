import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{proto,core,gpu-evaluator,island-worker,coordinator,research-stage,bench,tests}/**/*.test.ts"],
    // Each test file is its own process, as native modules and signal handlers want it. Tests start real daemons,
    // compilers and servers, so two at a time keep two cores busy.
    pool: "forks",
    maxWorkers: 2,
    // Tests load what programs load, and start programs by the hundred, which inherit where compiled code is kept.
    execArgv: ["--import", fileURLToPath(new URL("core/program/fast-loading.ts", import.meta.url))],
    // Against what hangs, not what is slow: a busy machine takes many times as long as an idle one.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 300_000 } },
  },
});
