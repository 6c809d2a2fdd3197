/** Candidates that misbehave: each gets a clear outcome, leaves nothing behind, and the next one runs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Artifact, Backend, Device } from "../backend.ts";
import { openCpuBackend } from "./cpu-backend.ts";
import { evaluateJob, jobFor, kernelIn } from "./job.fixture.ts";
import { prepareToolchain } from "./toolchain.ts";

const folder = fileURLToPath(new URL("./hostile.fixture/", import.meta.url));
let backend: Backend;
const kernel = await kernelIn(folder);

beforeAll(async () => {
  process.env.KEVO_TEST_KEY = "a secret";
  // A busy machine needs several times as long for an honest one as an idle one.
  backend = await openCpuBackend({ memoryBytes: 96 * 1024 ** 2, runLimitMs: 3_000 });
});
afterAll(async () => {
  delete process.env.KEVO_TEST_KEY;
  await backend.close();
});

const evaluate = (config: Record<string, string>, signal?: AbortSignal) =>
  evaluateJob(backend, jobFor(kernel, config), signal);

describe("outcomes", () => {
  test.each([
    ["does_not_compile", "compile_error", /kernel\.c:\d+.*error/],
    ["loops_forever", "timeout", /verifying workload tiny/],
    [
      "writes_far_outside",
      "crashed",
      /reached outside its arrays while verifying workload tiny: [\d,]+ bytes after the end of the output/,
    ],
    ["writes_just_outside", "incorrect", /wrote outside its arrays/],
    ["garbage", "incorrect", /relative L2 error/],
    ["zeros", "incorrect", /all zero/],
    ["leaves_some_unwritten", "incorrect", /1 element of the output was never written/],
    ["not_finite", "incorrect", /not finite/],
    ["changes_inputs", "incorrect", /changed its inputs while verifying workload tiny: element \d+ of inputs\[\d\]/],
    ["exits_early", "crashed", /exit code 0/],
    ["exits_before_main", "crashed", /exit code 0/],
    ["allocates_without_end", "crashed", /SIGABRT/],
    ["wrong_later", "incorrect", /timed|after timing/],
    ["keeps_results", "incorrect", /kept between calls/],
    ["answers_for_the_harness", "crashed", /unexpected answer/],
    ["kills_the_referee", "crashed", /forbidden system call/],
  ])("%s is %s", async (deed, outcome, message) => {
    const found = await evaluate({ DEED: deed });
    expect(found).toMatchObject({ outcome, message: expect.stringMatching(message) });
    const next = await evaluate({ DEED: "honest" });
    expect(next, JSON.stringify(next)).toMatchObject({ outcome: "ok" });
  });

  test("a flag that the compiler does not know is the candidate's compile error", async () => {
    const found = await evaluate({ FLAG: "-fno-such-flag-anywhere" });
    expect(found).toMatchObject({ outcome: "compile_error", message: expect.stringContaining("no-such-flag") });
  });

  test("running out of files harms only itself", async () => {
    expect(await evaluate({ DEED: "opens_files_without_end" })).toMatchObject({ outcome: "ok" });
  });
});

test("the environment of a candidate holds PATH and no key", async () => {
  expect(await evaluate({ DEED: "needs_a_clean_environment" })).toMatchObject({ outcome: "ok" });
});

test("a daemon that is killed takes its candidates with it", async () => {
  const artifact = (await backend.compile(jobFor(kernel, { DEED: "honest" }), new AbortController().signal)) as {
    folder: string;
    executable: string;
  } & Artifact;
  const script = fileURLToPath(new URL("./killed-daemon.fixture.ts", import.meta.url));
  const scratch = join(artifact.folder, "../..");
  const tools = await prepareToolchain(join(scratch, "again"));
  const command = JSON.stringify(tools.referee([scratch]));
  const daemon = spawn(process.execPath, [script, command, artifact.executable, artifact.folder]);
  await once(daemon.stdout, "data");
  expect(running(artifact.executable)).toHaveLength(1);
  daemon.kill("SIGKILL");
  await expect.poll(() => running(artifact.executable)).toEqual([]);
  await artifact.dispose();
});

/** Processes that run this program. */
function running(executable: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/exe`) === executable;
    } catch {
      return false;
    }
  });
}

test("aborting ends the stage, and the next candidate runs", async () => {
  const controller = new AbortController();
  const job = jobFor(kernel, { DEED: "loops_forever" });
  const artifact = (await backend.compile(job, controller.signal)) as Artifact & { executable: string };
  const evaluation = backend.measure(artifact, job, backend.devices[0] as Device, () => {}, controller.signal);
  await expect.poll(() => running(artifact.executable)).not.toEqual([]);
  controller.abort(new Error("told to stop"));
  await expect(evaluation).rejects.toThrow("told to stop");
  await artifact.dispose();
  expect(await evaluate({ DEED: "honest" })).toMatchObject({ outcome: "ok" });
});
