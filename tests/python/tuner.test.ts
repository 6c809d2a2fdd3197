/** `Tuner` as scripts use it: real Python, a real cluster, and processes that are killed. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answerers } from "../fakes/xai/answerers.ts";
import { startFakeXai } from "../fakes/xai/server.ts";
import { ROOT, read } from "../house/files.ts";
import { PythonPlace } from "./python.fixture.ts";

/** Says what it was called with, one line for each call. */
const LOGGED = `
import sys, time
from kernelevolve import Invalid, Tuner, TunerError
def logged(config):
    with open("calls", "a") as file:
        print(config["x"], config["y"], file=file)
    time.sleep(0.02)
    return (config["x"] - 3) ** 2 + (config["y"] - 7) ** 2
space = {"x": list(range(20)), "y": list(range(20))}
`;

test("the units of the package", () => {
  const { status, stderr } = spawnSync("python3", ["-m", "unittest", "discover", "-s", "tests/python"], {
    cwd: ROOT,
    env: { ...process.env, PYTHONPATH: join(ROOT, "python"), PYTHONDONTWRITEBYTECODE: "1" },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/Ran [1-9]\d* tests/);
});

/** To be killed in the middle: a slow machine too looks before all calls were made. */
const SLOW = LOGGED.replace("sleep(0.02)", "sleep(0.1)");

const EXAMPLES = [...read("docs/python.md").matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code as string);

test.each(EXAMPLES.map((code, at) => [at + 1, code] as const))("example %i of the page runs", async (_, code) => {
  using place = new PythonPlace();
  const { code: status, stdout, stderr } = await place.run(code);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.trim()).not.toBe("");
});

test("the configurations to evaluate first, and a parameter that has a meaning only beside another", async () => {
  using place = new PythonPlace();
  const script = `${LOGGED}
Tuner(space, logged, direction="minimize", first=[{"x": 4, "y": 9}, {"x": 12, "y": 0}], active={"y": "x < 10"}, max_evaluations=8).tune()`;
  const { stderr, code } = await place.run(script);
  expect(code, stderr).toBe(0);
  const calls = place.written("calls").trim().split("\n");
  // A list of numbers is in their order, so that 0 is its first.
  expect(calls.slice(0, 2)).toEqual(["4 9", "12 0"]);
  expect(calls.filter((call) => Number(call.split(" ")[0]) >= 10 && !call.endsWith(" 0"))).toEqual([]);
});

test("killed in the middle and started again, a run ends at exactly its budget", async () => {
  using place = new PythonPlace();
  const script = `${SLOW}
result = Tuner(space, logged, direction="minimize", max_evaluations=40, name="named", seed=3).tune()
print(result.best_value, len(result.evaluations), len({(e.config["x"], e.config["y"]) for e in result.evaluations}))`;
  const calls = () => place.written("calls").split("\n").length - 1;
  const first = place.start(script);
  await expect.poll(calls, { interval: 5 }).toBeGreaterThan(9);
  first.child.kill("SIGKILL");
  await first.ended;
  const before = calls();
  expect(before).toBeLessThan(40);
  const second = await place.run(script);
  expect(second.stderr).toBe("");
  expect(second.stdout).toBe("0.0 40 40\n");
  // The one that was under way when it was killed is made again; no other.
  expect(calls()).toBeGreaterThanOrEqual(40);
  expect(calls()).toBeLessThanOrEqual(41);
  expect(place.query("select count(*) n from evaluations")).toEqual([{ n: 40 }]);
  // A third start has nothing left to do; a larger budget has.
  expect((await place.run(script)).stdout).toBe("0.0 40 40\n");
  const whole = calls();
  expect((await place.run(script.replace("=40", "=44"))).stdout).toBe("0.0 44 44\n");
  expect(calls()).toBe(whole + 4);
});

test("Ctrl-C stops a run that can go on, and says how", async () => {
  using place = new PythonPlace();
  const script = `${SLOW}
print(len(Tuner(space, logged, direction="minimize", max_evaluations=30, name="named").tune().evaluations))`;
  const first = place.start(script);
  await expect.poll(() => place.written("calls").length, { interval: 5 }).toBeGreaterThan(20);
  // To the whole group, as a terminal does.
  process.kill(-(first.child.pid as number), "SIGINT");
  const { stderr, stdout } = await first.ended;
  expect(stderr).toContain("Start the script again to go on with it");
  expect(stderr.trim().split("\n").at(-1)).toBe("KeyboardInterrupt");
  expect(stdout).toBe("");
  expect(place.query("select status from runs")).toEqual([{ status: "interrupted" }]);
  expect((await place.run(script)).stdout).toBe("30\n");
});

test("exceptions, Invalid and NaN are failed evaluations, and the search goes on", async () => {
  using place = new PythonPlace();
  const { stdout, stderr } = await place.run(`${LOGGED}
def failing(config):
    if config["x"] % 4 == 0:
        raise RuntimeError("out of range of my table")
    if config["x"] % 4 == 1:
        raise Invalid("an odd size")
    return float("nan") if config["x"] % 4 == 2 else -config["y"]
result = Tuner(space, failing, max_evaluations=40, seed=1).tune()
for outcome in ("crashed", "invalid", "incorrect"):
    print(next(e.message for e in result.evaluations if e.outcome == outcome))
print(result.best_value, len(result.evaluations))`);
  expect(stderr).toBe("");
  expect(stdout).toContain('raise RuntimeError("out of range of my table")');
  expect(stdout).toMatch(/^RuntimeError: out of range of my table\nTraceback/);
  expect(stdout).toContain("\nan odd size\nthe objective returned nan, which is no value\n");
  expect(stdout.trim().split("\n").at(-1)).toBe("0.0 40");
});

test("what is no value ends the run at once, counts nothing, and the corrected script goes on", async () => {
  using place = new PythonPlace();
  const script = (value: string) => `${LOGGED}
try:
    print(len(Tuner(space, lambda config: ${value}, max_evaluations=20, name="named").tune().evaluations))
except TunerError as error:
    print(error)`;
  expect((await place.run(script("None"))).stdout).toMatch(
    /^The objective returned None for {.*}\. Return a number; .*\n$/,
  );
  expect((await place.run(script("'fast'"))).stdout).toMatch(/^The objective returned 'fast' for /);
  expect(place.query("select count(*) n from evaluations")).toEqual([{ n: 0 }]);
  expect((await place.run(script("config['x']"))).stdout).toBe("20\n");
});

test("a space without a valid point, and another space under the same name: one sentence each", async () => {
  using place = new PythonPlace();
  const { stdout, stderr } = await place.run(`${LOGGED}
for more in ({"constraints": ["x > 5", "x < 3"]}, {"constraints": ["x > z"]}, {}, {"constraints": ["x > 3"]}):
    try:
        print(Tuner(space, logged, max_evaluations=5, name="named", **more).tune().best_value)
    except TunerError as error:
        print(error)`);
  expect(stderr).toBe("");
  const [empty, unknown, value, other] = stdout.trim().split("\n");
  expect(empty).toMatch(/^no configuration/i);
  expect(unknown).toContain("z");
  expect(Number(value)).toBeGreaterThan(0);
  expect(other).toMatch(/^The run \S+ was started with another config_space, direction or constraints/);
});

test("a model proposes too, and is told values", async () => {
  using place = new PythonPlace();
  const fake = await startFakeXai({ answerers });
  try {
    const script = `${LOGGED}
result = Tuner(space, lambda c: -logged(c), max_evaluations=40, seed=1, model="grok-4.3", budget_usd=0.5).tune()
print(len(result.evaluations))`;
    const { stdout, stderr } = await place.run(script, { LLM_BASE_URL: fake.url, XAI_API_KEY: "xai-fake" });
    expect(stderr).toBe("");
    expect(stdout).toBe("40\n");
  } finally {
    await fake.close();
  }
  const [calls] = place.query<{ n: number; prompt: string }>(
    "select count(*) n, max(prompt) prompt from model_calls where outcome = 'ok'",
  );
  expect(calls?.n).toBeGreaterThan(0);
  expect(calls?.prompt).toMatch(/ value: \{/);
});

test("the same seed gives the same run", async () => {
  using place = new PythonPlace();
  const script = `${LOGGED}
print([(e.config["x"], e.config["y"]) for e in Tuner(space, logged, max_evaluations=30, seed=5).tune().evaluations])`;
  const [first, second] = [await place.run(script), await place.run(script)];
  expect(first.stdout).toMatch(/^\[\(/);
  expect(second.stdout).toBe(first.stdout);
});
