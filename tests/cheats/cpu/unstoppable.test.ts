/** A process that cannot be stopped, on a host whose system calls are not filtered: an abort ends it, and others run on. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type Artifact, type Device, isFailure } from "@kevo/gpu-evaluator/backends/backend.ts";
import { openCpuBackend } from "@kevo/gpu-evaluator/backends/cpu/cpu-backend.ts";
import { jobFor, kernelIn } from "@kevo/gpu-evaluator/backends/cpu/job.fixture.ts";
import { expect, test } from "vitest";
import { CHEATS_FOLDER, evaluate } from "./run.ts";
import { GENUINE } from "./suite.ts";

/** The state of the first process that runs this program, as in /proc/PID/stat; null where none does. */
function stateOf(executable: string): string | null {
  for (const pid of readdirSync("/proc")) {
    try {
      if (!/^\d+$/.test(pid) || readlinkSync(`/proc/${pid}/exe`) !== executable) continue;
      return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0] ?? null;
    } catch {
      // It has ended, or is not ours to see.
    }
  }
  return null;
}

test("an abort ends a process that no stop reaches, and the next one runs", async () => {
  const backend = await openCpuBackend({ without: ["seccomp"] });
  try {
    const kernel = await kernelIn(CHEATS_FOLDER);
    const controller = new AbortController();
    const job = jobFor(kernel, { CHEAT: "never_stops" });
    const artifact = await backend.compile(job, controller.signal);
    if (isFailure(artifact)) throw new Error(artifact.message);
    const { executable, dispose } = artifact as Artifact & { executable: string };
    const evaluation = backend.measure(artifact, job, backend.devices[0] as Device, () => {}, controller.signal);
    // It waits as vfork does.
    await expect.poll(() => stateOf(executable), { timeout: 300_000 }).toBe("D");
    controller.abort(new Error("the stage took too long"));
    await expect(evaluation).rejects.toThrow("the stage took too long");
    await dispose();
    expect(await evaluate(backend, kernel, { CHEAT: GENUINE })).toMatchObject({ outcome: "ok" });
  } finally {
    await backend.close();
  }
});
