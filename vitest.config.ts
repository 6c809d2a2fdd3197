import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{proto,core,gpu-evaluator,island-worker,coordinator,research-stage,tests}/**/*.test.ts"],
    // Each test file is its own process, as native modules and signal handlers want it. Tests start real daemons,
    // compilers and servers, so two at a time keep two cores busy.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
  },
});
