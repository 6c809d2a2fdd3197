/** `coordinator export` for a user: a real run, the exported folder, and its loader run by Python. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const SCALE = fileURLToPath(new URL("../fixtures/vector-scale-cpu", import.meta.url));
const FAKE_TRITON = fileURLToPath(new URL("../fixtures/fake-triton", import.meta.url));
const FAKE_RUNNER = fileURLToPath(new URL("../../gpu-evaluator/backends/triton/fake-runner.fixture", import.meta.url));
const hasPython = (() => {
  try {
    return execFileSync("python3", ["-c", "import sys; print(sys.version_info >= (3, 10))"]).includes("True");
  } catch {
    return false;
  }
})();

/** A user's program: the tuned kernel, a shape that was never measured, and a broken configuration. */
const USER = `
import array, json, sys, warnings
from loader import Kernel

def floats(values):
    return array.array("f", values)

def tell(kernel, length):
    shape = {"length": length}
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        answer = list(kernel(shape, floats(range(length)), floats([1] * length)))[:4]
    choice = kernel.choice(shape)
    return {"answer": [float(x) for x in answer], "runs": choice.kind, "why": choice.why}

told = {"measured": tell(Kernel(), 16384), "other": tell(Kernel(), 100)}
broken = Kernel()
broken._best["entries"][0]["arguments"].append("-DLOOP=nonsense(")
told["broken"] = tell(broken, 16384)
wrong = Kernel()
wrong._best["entries"][0]["source"] = "wrong.c"
told["wrong"] = tell(wrong, 16384)
json.dump(told, sys.stdout)
`;

test.skipIf(!hasPython)(
  "a C kernel: the loader runs the evolved one, and the reference where that cannot be",
  async () => {
    await using place = new Workplace();
    cpSync(SCALE, place.file("kernel"), { recursive: true });
    const start = ["start", "--kernel", "./kernel", "--islands", "1", "--evaluations", "4", "--seed", "1", "--json"];
    const run = await place.run("coordinator", start);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    const { best } = JSON.parse(run.stdout);
    // Which of four configurations a busy machine found faster, if any, is not what this tests.
    const settled = new Database(place.file(".kevo/lineage.db"));
    const measure = (speedup: number, whose: string) =>
      settled
        .prepare(`update measurements set speedup = ?, speedup_low = ?, speedup_high = ? where candidate ${whose} ?`)
        .run(speedup, speedup * 0.95, speedup * 1.05, best.candidate);
    measure(1, "<>");
    measure(2, "=");
    settled.close();

    const ended = await place.run("coordinator", ["export", "--out", "out", "--json"]);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ...{ kernel: "vector-scale-cpu", language: "c", entries: 1 },
      reservations: [],
    });
    const file = JSON.parse(readFileSync(place.file("out/best.json"), "utf8"));
    expect(file.run_status).toBe("completed");
    expect(file.entries[0]).toMatchObject({ workload: "small", candidate: best.candidate, config: best.config });
    expect(file.entries[0].rounds).toBe(best.rounds);
    expect(readFileSync(place.file("out/README.md"), "utf8")).toMatch(/\| small \| .* \| \d\.\d\d× \|/);

    const good = readFileSync(place.file("out/kernel/kernel.c"), "utf8");
    writeFileSync(place.file("out/kernel/wrong.c"), good.replace("3.0f *", "2.0f *"));
    writeFileSync(place.file("out/user.py"), USER);
    const told = JSON.parse(execFileSync("python3", [place.file("out/user.py")], { encoding: "utf8" }));
    const right = [1, 4, 7, 10];
    expect(told.measured).toEqual({ answer: right, runs: "tuned", why: "measured as small" });
    expect(told.other).toEqual({ answer: right, runs: "reference", why: "this shape was not measured" });
    expect(told.broken).toMatchObject({ answer: right, runs: "reference" });
    expect(told.broken.why).toContain("it does not compile here");
    expect(told.wrong).toMatchObject({ answer: right, runs: "reference" });
    expect(told.wrong.why).toContain("its relative error is");

    // Alone, it checks and times itself; without a compiler it says that one is missing.
    const self = spawnSync("python3", [place.file("out/loader.py")], { encoding: "utf8" });
    expect(self).toMatchObject({ status: 0, stdout: expect.stringMatching(/^small: tuned .* ms here/) });
    const without = spawnSync("python3", [place.file("out/loader.py")], {
      encoding: "utf8",
      env: { ...process.env, CC: "no-such-compiler" },
    });
    expect(without).toMatchObject({ status: 1, stderr: expect.stringContaining("A C compiler is needed") });

    // A source that evolved is exported beside the kernel's own.
    const evolved = good.replace("3.0f *", "(1.0f + 2.0f) *");
    const hash = createHash("sha256").update(evolved).digest("hex");
    const db = new Database(place.file(".kevo/lineage.db"));
    db.prepare("insert into evolved_sources values (?, ?, 0)").run(hash, evolved);
    db.prepare("update candidates set source = ? where id = ?").run(hash, best.candidate);
    // As a coordinator leaves it that was killed.
    db.prepare("update runs set status = 'running'").run();
    db.close();
    const partial = await place.run("coordinator", ["export", "--out", "evolved"]);
    expect(partial).toMatchObject({ code: 0, stdout: expect.stringMatching(/^The run \S+ has not ended/m) });
    expect(readFileSync(place.file("evolved/README.md"), "utf8")).toMatch(/^\*\*The run \S+ has not ended/m);
    const of = JSON.parse(readFileSync(place.file("evolved/best.json"), "utf8")).entries[0];
    expect(of.source).toBe(`evolved-${hash.slice(0, 12)}.c`);
    expect(readFileSync(place.file(`evolved/kernel/${of.source}`), "utf8")).toBe(evolved);
    const modelWroteIt = /A language model wrote this code[\s\S]*--network none/;
    expect(readFileSync(place.file("evolved/README.md"), "utf8")).toMatch(modelWroteIt);
    expect(readFileSync(place.file("out/README.md"), "utf8")).not.toMatch(modelWroteIt);
    expect(spawnSync("python3", [place.file("evolved/loader.py")], { encoding: "utf8" })).toMatchObject({ status: 0 });

    // Never over existing files, and never another kernel than the run's.
    const again = await place.run("coordinator", ["export", "--out", "out"]);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("not empty") });
    writeFileSync(place.file("kernel/kernel.c"), `${good}\n`);
    const cache = { XDG_CACHE_HOME: place.file("cache") };
    const changed = await place.run("coordinator", ["export", "--out", "two"], cache);
    expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining("has changed or no longer exists") });
  },
);

/** Enough of torch to say that there is no GPU. */
const TORCH = `
class Tensor: ...
float32 = int32 = None
class cuda:
    @staticmethod
    def is_available():
        return False
`;

test.skipIf(!hasPython)("a Triton kernel: without a GPU the loader runs the reference, and says why", async () => {
  await using place = new Workplace();
  cpSync(FAKE_TRITON, place.file("kernel"), { recursive: true });
  writeFileSync(
    place.file("kernel/reference.py"),
    'def baselines():\n    return {"default": lambda shape, given: ["default", shape["S"], *given]}\n',
  );
  mkdirSync(place.file("control"));
  const env = {
    PATH: `${FAKE_RUNNER}${delimiter}${process.env.PATH}`,
    KEVO_PYTHON: join(FAKE_RUNNER, "python"),
    PYTHONPATH: place.file("control"),
  };
  const start = ["start", "--backend", "triton", "--kernel", "./kernel", "--workload", "ten/*", "--evaluations", "8"];
  const run = await place.run("coordinator", start, env);
  expect(run, run.stderr).toMatchObject({ code: 0 });
  const ended = await place.run("coordinator", ["export", "--out", "out"]);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  const { entries } = JSON.parse(readFileSync(place.file("out/best.json"), "utf8"));
  expect(entries.map(({ workload, device }: Record<string, string>) => [workload, device])).toEqual([
    ["ten/a", "Fake GPU"],
    ["ten/b", "Fake GPU"],
  ]);

  mkdirSync(place.file("fake/torch"), { recursive: true });
  writeFileSync(place.file("fake/torch/__init__.py"), TORCH);
  const user = [
    "from loader import Kernel",
    "kernel = Kernel()",
    'print(kernel({"S": 512}, ["x"]), kernel.choice({"S": 512}).why)',
  ].join("\n");
  writeFileSync(place.file("out/user.py"), user);
  const said = execFileSync("python3", [place.file("out/user.py")], {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: place.file("fake") },
  });
  expect(said.trim()).toBe("['default', 512, 'x'] there is no CUDA device");
});

test("a recorded space has no source to export", async () => {
  await using place = new Workplace();
  const space = place.file("space.json");
  writeSyntheticSpace(space);
  const start = ["start", "--backend", "replay", "--space", space, "--evaluations", "4", "--islands", "1"];
  expect(await place.run("coordinator", start)).toMatchObject({ code: 0 });
  const ended = await place.run("coordinator", ["export", "--out", "out"]);
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("no code to export") });
});
