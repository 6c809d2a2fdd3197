/** A run on a machine that is too busy to measure on waits, ends with that reason, and continues on request. */
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { callSecretOfToken } from "@kevo/core/identity/token-keys.ts";
import { createLogger } from "@kevo/core/logging/logger.ts";
import type { Backend, Job, Measured } from "@kevo/gpu-evaluator/backends/backend.ts";
import { kernelIn } from "@kevo/gpu-evaluator/backends/cpu/job.fixture.ts";
import { MachineBusy } from "@kevo/gpu-evaluator/backends/machine-busy.ts";
import { Daemon } from "@kevo/gpu-evaluator/daemon/daemon.ts";
import { EvolvedSources } from "@kevo/gpu-evaluator/daemon/evolved-sources.ts";
import { KernelCatalog } from "@kevo/gpu-evaluator/daemon/kernel-catalog.ts";
import { serveEvaluator } from "@kevo/gpu-evaluator/daemon/server.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

const VECTOR_SCALE = fileURLToPath(new URL("../fixtures/vector-scale-cpu", import.meta.url));
const TOKEN = "a-token-of-this-test-alone";
const quietness = { load_per_core: 0.25, stolen: 0, pressure: null, waited: 0.01, aa_ratio: 1.02, drift: 1.01 };

/** Measures nothing, and reports the state of the machine that it is given. */
function scriptedBackend(machine: { busy: boolean }): Backend {
  const measured = ({ workloads, purpose }: Job): Measured => ({
    outcome: "ok",
    stoppedEarly: false,
    measurements: workloads.map(({ name }) => ({
      ...{ workload: name, time_ms: 1, baseline_ms: 2, baseline: "default" },
      ...{ speedup: 2, speedup_low: 1.9, speedup_high: 2.1, gflops: 1, peak_share: 0.1, error: 0 },
      ...{ gbytes_per_s: null, bandwidth_share: null, bandwidth_of: null },
      ...{ samples: [1], others: {} },
    })),
    ...(purpose === "finalist" && { environment: { quietness } }),
  });
  return {
    ...{ name: "cpu", protection: { description: "a script", contains: true }, toolchain: "scripted" },
    devices: [{ id: `scripted:${process.pid}`, model: "Script", peakGflops: 10 }],
    ...{ compileProcesses: 1, needsQuiet: false },
    compile: async () => ({ dispose: async () => {} }),
    measure: async (_artifact, job) => {
      if (job.purpose === "finalist" && machine.busy) throw new MachineBusy("threads waited 80 % of the time");
      return measured(job);
    },
    close: async () => {},
  };
}

test("a machine too busy to measure is waited for, named, and left until the run is resumed", async () => {
  const machine = { busy: true };
  const logger = createLogger("test", { KEVO_LOG: "silent" });
  const kernel = await kernelIn(VECTOR_SCALE);
  await using stack = new AsyncDisposableStack();
  const place = stack.use(new Workplace());
  const server = await serveEvaluator({
    ...{
      id: "scripted",
      version: "0",
      listen: "127.0.0.1:0",
      identity: { secrets: [callSecretOfToken(TOKEN)] },
      logger,
    },
    evolvedSources: new EvolvedSources({ bus: null, folder: tmpdir() }),
    daemon: new Daemon(scriptedBackend(machine), logger),
    kernels: new KernelCatalog({ get: async (hash) => ({ ...kernel, hash }) }),
    onDrained: () => {},
  });
  stack.defer(() => server.end());
  const env = { KEVO_TOKEN: TOKEN };
  const start = [
    ...["start", "--kernel", VECTOR_SCALE, "--evaluator", `127.0.0.1:${server.port}`, "--evaluations", "4"],
    ...["--islands", "1", "--wait", "1s", "--json"],
  ];

  const gaveUp = await place.run("coordinator", start, env);
  expect(gaveUp.code, gaveUp.stderr).toBe(75);
  expect(gaveUp.stderr).toMatch(/too busy to measure\. Continue with: .*resume/);
  const first = JSON.parse(gaveUp.stdout);
  expect(first).toMatchObject({ status: "interrupted", ended_by: "machine_busy", quietness: null });
  expect(first.evaluations).toMatchObject({ total: 4, ok: 4 });
  expect(first.best.rounds).toBe(0);

  // For people it says what it waits for, and for how long.
  const again = await place.run("coordinator", ["resume"], env);
  expect(again.code, again.stderr).toBe(75);
  expect(again.stderr).toContain(
    "the machine is too busy to measure: threads waited 80 % of the time. Waiting up to 1 s for a quieter moment",
  );

  machine.busy = false;
  const resumed = await place.run("coordinator", ["resume", "--json"], env);
  expect(resumed.code, resumed.stderr).toBe(0);
  const result = JSON.parse(resumed.stdout);
  expect(result).toMatchObject({ status: "completed", evaluations: { total: 4 }, best: { comparison: "faster" } });
  expect(result.best.rounds).toBeGreaterThan(0);
  expect(result.quietness).toMatchObject({ ...quietness, measurements: expect.any(Number) });

  const best = await place.run("coordinator", ["lineage", "best"], env);
  expect(best.stdout).toContain("other programs' load 0.25 per core, stolen 0.0 %, threads waited up to 1.0 %");
  const json = await place.run("coordinator", ["lineage", "best", "--json"], env);
  expect(JSON.parse(json.stdout).quietness).toEqual(result.quietness);
});
