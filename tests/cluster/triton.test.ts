/** A whole run on the Triton backend, with a runner that pretends: candidates that break things, niches, finalists. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

const FAKE = fileURLToPath(new URL("../../gpu-evaluator/backends/triton/fake-runner.fixture", import.meta.url));
const KERNEL = fileURLToPath(new URL("../fixtures/fake-triton", import.meta.url));
const BUDGET = 50;
const hasPython = (() => {
  try {
    return execFileSync("python3", ["-c", "import sys; print(sys.version_info >= (3, 10))"]).includes("True");
  } catch {
    return false;
  }
})();

function environment(place: Workplace): NodeJS.ProcessEnv {
  mkdirSync(place.file("control"), { recursive: true });
  const path = `${FAKE}${delimiter}${process.env.PATH}`;
  return { PATH: path, KEVO_PYTHON: join(FAKE, "python"), PYTHONPATH: place.file("control") };
}

test.skipIf(!hasPython)(
  "candidates that break the device or the compiler get their outcome, and every cell its best",
  async () => {
    await using place = new Workplace();
    const start = ["start", "--backend", "triton", "--kernel", KERNEL, "--workload", "ten/*", "--search", "random"];
    const env = environment(place);
    writeFileSync(place.file("control/crowded"), "");
    const ended = await place.run("coordinator", [...start, "--evaluations", String(BUDGET)], env);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toMatch(/2 other processes also use GPU-fake-0 on \S+: expect noisy times/);
    expect(ended.stderr).toContain("Faster than the fastest baseline on 2 of 2 workloads, geometric mean 2.00×.");
    expect(ended.stderr).toContain("act = later GPU (compute capability 10.0); this run's devices have 9.0");
    expect(place.ledger().query("select id from candidates where config like '%later GPU%'")).toEqual([]);
    expect(ended.stderr).toContain("Compared with flash 4.0.0b36.");
    expect(ended.stderr).toContain("Not timed on 2 of 2 workloads: efficient: No available kernel.");
    expect(ended.stderr).toMatch(/ten\/a +10 +1 +20 +cudnn +2\.00×/);
    const workloads = await place.run("coordinator", ["lineage", "workloads", "--json"]);
    const table = JSON.parse(workloads.stdout);
    expect(table).toMatchObject({ evaluations: BUDGET, faster: 2, device: "Fake GPU", toolchain: "fake 1" });
    expect(table.cells.map((cell: { workload: string }) => cell.workload)).toEqual(["ten/a", "ten/b"]);
    expect(table.cells[0]).toMatchObject({
      rounds: 2,
      baselines: { cudnn: expect.closeTo(20), flash: expect.closeTo(30) },
      left_out: { efficient: "No available kernel. It wants as many heads." },
      circumstances: [
        { gpu: expect.stringMatching(/^GPU-fake-[01]$/) },
        { gpu: expect.stringMatching(/^GPU-fake-[01]$/) },
      ],
    });
    const outcomes = place.ledger().query<{ outcome: string }>("select distinct outcome from evaluations order by 1");
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["compile_error", "crashed", "incorrect", "ok"]);
  },
);

test.skipIf(!hasPython)("missing parts are reported in one sentence", async () => {
  await using place = new Workplace();
  const start = ["start", "--backend", "triton", "--kernel", KERNEL, "--json"];
  const env = environment(place);
  writeFileSync(place.file("control/no torch"), "");
  const ended = await place.run("coordinator", start, env);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("needs torch, which KEVO_PYTHON");
  expect(ended.stderr).not.toMatch(/\n\s+at /);
});
