import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{proto,core,gpu-evaluator,island-worker,coordinator,research-stage,bench,tests}/**/*.test.ts"],
    // Each test file is its own process, as native modules and signal handlers want it. Tests start real daemons,
    // compilers and servers, so two at a time keep two cores busy.
    pool: "forks",
    maxWorkers: 2,
    // Against what hangs, not what is slow: a busy machine takes many times as long as an idle one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
