/**
 * Cheats without a GPU: those that act while compiling before the runner's real compile processes, those that give
 * a wrong answer before the runner's real judgement. `npm run cheats` runs all of them on a GPU.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CompilePool } from "@kevo/gpu-evaluator/backends/triton/compile-pool.ts";
import { runnerEnvironment } from "@kevo/gpu-evaluator/backends/triton/python.ts";
import { RunnerLost, RunnerProcess } from "@kevo/gpu-evaluator/backends/triton/runner-process.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHEATS, GENUINE } from "./suite.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const RUNNER = fileURLToPath(new URL("../../gpu-evaluator/runner", import.meta.url));
const python = process.env.KEVO_PYTHON || "python3";
const has = (modules: string) => {
  try {
    execFileSync(python, ["-c", `import ${modules}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const hasTriton = has("triton");
const hasTorch = hasTriton && has("torch");

const named = (at: (typeof CHEATS)[number]["at"]) => CHEATS.filter((cheat) => cheat.at === at).map(({ name }) => name);

describe.skipIf(!hasTorch)(
  "the runner's judgement (skipped where Python has no torch and triton: set KEVO_PYTHON)",
  () => {
    const judged = (...args: string[]) => {
      const { stdout, stderr } = spawnSync(python, [join(HERE, "on_cpu.py"), ...args], { encoding: "utf8" });
      if (stdout === "") throw new Error(stderr);
      return stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { cheat: string; outcome: string });
    };
    const passed = (cheat: string) => ({ cheat, outcome: "ok", message: null });
    const refused = (cheat: string) => ({ cheat, outcome: "incorrect", message: expect.any(String) });

    test("refuses every wrong answer and no right one", () => {
      const wrong = named("device");
      expect(judged(GENUINE, ...wrong)).toEqual([passed(GENUINE), ...wrong.map(refused)]);
    });

    test("refuses what timed launches leave out, which passes a verification", () => {
      const skipping = ["only_poisoned", "every_second", "unless_left", "remembered"];
      skipping.push("reads_the_poison", "by_pointer", "zeroed_when_timed");
      expect(judged(...skipping)).toEqual(skipping.map(passed));
      expect(judged("--timed", GENUINE, ...skipping)).toEqual([passed(GENUINE), ...skipping.map(refused)]);
    });

    test("takes a right kernel after one that changed the inputs that both are verified on", () => {
      expect(judged("--timed", "zeroed_inputs", GENUINE)).toEqual([refused("zeroed_inputs"), passed(GENUINE)]);
    });
  },
);

describe.skipIf(!hasTriton)("compile processes (skipped where Python has no triton: set KEVO_PYTHON)", () => {
  let scratch: string;
  let pool: CompilePool;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "kevo-cheats-"));
    const env = { ...runnerEnvironment(scratch, process.env), CUDA_VISIBLE_DEVICES: "" };
    const script = join(RUNNER, "compile_main.py");
    const memoryBytes = 3 * 1024 ** 3;
    const options = { python, script, cwd: scratch, env, memoryBytes, niceness: 0 };
    pool = new CompilePool(1, () => new RunnerProcess(options));
  });
  afterAll(async () => {
    await pool.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  const compile = (cheat: string, limitMs: number) =>
    pool.run(
      {
        type: "compile",
        folder: join(HERE, "kernel"),
        source: join(HERE, "kernel/product.py"),
        reference: "reference.py",
        config: { cheat },
        workloads: [{ name: "product", shape: { rows: 512, columns: 512, depth: 2048 } }],
        target: { arch: 90, warp_size: 32, max_shared_bytes: 232448, max_registers: 65536, multiprocessors: 132 },
        cache_dir: join(scratch, "artefacts"),
        input_seed: 1,
      },
      "compiled",
      limitMs,
      new AbortController().signal,
    );

  test.each(named("compiling"))("%s costs its own process at most, and the next candidate compiles", async (cheat) => {
    const found = await compile(cheat, cheat === "hang_compiler" ? 2_000 : 20_000).catch((error: unknown) => error);
    const refusedAs = CHEATS.find(({ name }) => name === cheat)?.refusedAs;
    if (found instanceof RunnerLost) expect(refusedAs).toEqual([found.how === "timeout" ? "timeout" : "compile_error"]);
    else expect(refusedAs).toContain((found as { outcome?: unknown }).outcome);
    expect(await compile(GENUINE, 20_000)).toMatchObject({ outcome: "ok", program: { plans: expect.any(Array) } });
  });

  test("what acts on the device only compiles, so that the device's checks are what refuses it", async () => {
    for (const cheat of named("timing")) {
      expect(await compile(cheat, 20_000), cheat).toMatchObject({ outcome: "ok" });
    }
  });
});
