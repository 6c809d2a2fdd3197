/**
 * Hostile Python with no gate in its way, in the compile process of evolved code: with the fake runner, and with
 * the real one where KEVO_PYTHON (or python3) has triton.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Layer } from "@kevo/core/sandbox/sandbox.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ContainedCompiler } from "./contained-compiler.ts";
import { runnerEnvironment } from "./python.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const FAKE = here("./fake-runner.fixture");
const HOSTILE = here("./hostile.fixture/hostile.py");
const KEY = "a-recognisable-secret";
const real = process.env.KEVO_PYTHON ?? "python3";
const answers = (python: string, code: string) => spawnSync(python, ["-c", code]).status === 0;
const hasPython = process.platform === "linux" && answers("python3", "import sys; assert sys.version_info >= (3, 10)");
/** Of the interpreter itself: on PATH there may be a script that chooses one. */
const bin = (python: string) =>
  dirname(spawnSync(python, ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim());
const hasTriton = hasPython && answers(real, "import triton");

// Outside of what the sandbox shows; the scratch folder alone would be too easy.
const outside = mkdtempSync(join(tmpdir(), "kevo-outside-"));
const listener = createServer((socket) => socket.destroy());
let connections = 0;
listener.on("connection", () => connections++);
beforeAll(async () => {
  writeFileSync(join(outside, "key"), KEY);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  listener.close();
  rmSync(outside, { recursive: true, force: true });
});

const running = (mark: string) =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8") === `sleep\0${mark}\0`;
    } catch {
      return false;
    }
  });

async function open(python: string, without: readonly Layer[], cc = ["cc"]) {
  const scratch = mkdtempSync(join(tmpdir(), "kevo-contained-"));
  const own = runnerEnvironment(scratch, { XAI_API_KEY: KEY, PYTHONPATH: mkdtempSync(join(scratch, "control-")) });
  const env = { ...own, PATH: `${bin("python3")}${delimiter}${process.env.PATH}` };
  const compiler = await ContainedCompiler.open({
    ...{ python, scratch, env, cc, without },
    runner: here("../../runner"),
    program: "compile_main.py",
    memoryBytes: 8 * 1024 ** 3,
  });
  return { compiler, close: () => rmSync(scratch, { recursive: true, force: true }) };
}

const HOSTS: readonly (readonly [string, boolean, string, readonly Layer[]])[] = [
  ["the fake runner, all that this host allows", hasPython, join(FAKE, "python"), []],
  ["the fake runner, no namespaces, as in a plain container", hasPython, join(FAKE, "python"), ["namespaces"]],
  ["real Triton", hasTriton, real, []],
  ["real Triton, no namespaces", hasTriton, real, ["namespaces"]],
];

describe.each(HOSTS)("%s", (_what, here, python, without) => {
  let opened: Awaited<ReturnType<typeof open>>;
  let marks = 0;
  beforeAll(async () => {
    if (here) opened = await open(python, without);
  });
  afterAll(() => opened?.close());

  async function compile(deed: string, limitMs = 20_000) {
    const mark = `${1e6 + process.pid}.${without.length}${python.length}${++marks}`;
    const port = (listener.address() as { port: number }).port;
    const path = join(outside, deed === "reads a key" ? "key" : "mark");
    const question = {
      type: "compile",
      ...{ folder: join(HOSTILE, ".."), source: HOSTILE, reference: "reference.py", evolved: false },
      config: { act: "run source", deed, path, port, mark, daemon: process.pid },
      ...{ workloads: [{ name: "w", shape: {} }], target: { arch: 90 }, input_seed: 1 },
    };
    const never = new AbortController().signal;
    const ended = await opened.compiler.run(question, [join(HOSTILE, "..")], limitMs, never).then(
      async ({ frame, dispose }) => {
        await dispose();
        return String(frame.message);
      },
      (error: Error) => error.message,
    );
    // All are killed by now; they end a moment later, on a busy machine a longer one.
    await expect.poll(() => running(mark)).toEqual([]);
    expect(existsSync(join(outside, "mark"))).toBe(false);
    expect(connections).toBe(0);
    return ended;
  }

  test.runIf(here)("hostile code is contained, and the next candidate compiles", async () => {
    expect(opened.compiler.protection).toMatchObject({ contains: true });
    const read = await compile("reads a key");
    expect(read).not.toContain(KEY);
    expect(read).toMatch(/(FileNotFound|Permission)Error (FileNotFound|Permission|NotADirectory)Error$/);
    expect(await compile("opens a socket")).toMatch(/^PermissionError/);
    expect(await compile("writes outside")).toMatch(/^(FileNotFound|Permission)Error|Read-only/);
    expect(await compile("forks")).toMatch(/it ran \d+ processes at the same time; the limit is 32/);
    await compile("outlives its parent");
    expect(await compile("kills the daemon")).toMatch(/^P(ermission|rocessLookup)Error/);
    expect(await compile("fills memory")).toMatch(/^MemoryError/);
    expect(await compile("leaves a link")).toMatch(/it left kernel.cubin, which is not a file/);
    expect(await compile("answers for the runner")).not.toBe("RuntimeError: done");
    expect(await compile("nothing")).toBe("RuntimeError: done");
  });
});

test.runIf(hasPython)("where nothing can be put around it, it says so", async () => {
  const poor = await open(join(FAKE, "python"), ["namespaces", "landlock"]);
  expect(poor.compiler.protection).toMatchObject({
    contains: false,
    description: /^evolved sources .*NOT CONTAINED.*no landlock/,
  });
  poor.close();
});

const PLAIN = "total = total * keep + tl.sum(weights, 1)";
const EDITS = [
  ["an edit that means something", "total = tl.fma(total, keep, tl.sum(weights, 1))", "ok", null],
  ["an edit that the compiler refuses", "total = total @ keep", "compile_error", /total = total @ keep\n.*MatMult/],
  ["an edit that the gate refuses", "total = __import__('os').getpid()", "invalid", /the name __import__/],
] as const;

test.runIf(hasTriton)("the attention kernel's region evolves and compiles for an H200", async () => {
  const folder = here("../../kernels/attention-forward");
  const { default: config, workloads } = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
  const original = readFileSync(join(folder, "attention.py"), "utf8");
  expect(original.split(PLAIN)).toHaveLength(2);
  const opened = await open(real, []);
  const evolved = mkdtempSync(join(tmpdir(), "kevo-evolved-"));
  try {
    cpSync(folder, evolved, { recursive: true });
    const source = join(evolved, "attention.py");
    const target = { arch: 90, warp_size: 32, max_shared_bytes: 232448, max_registers: 65536, multiprocessors: 132 };
    for (const [, edit, outcome, message] of EDITS) {
      writeFileSync(source, original.replace(PLAIN, edit));
      const { frame, cacheDir, dispose } = await opened.compiler.run(
        {
          type: "compile",
          ...{ folder, source, reference: "reference.py", evolved: true, config, target, input_seed: 1 },
          workloads: workloads.slice(0, 1),
        },
        [folder, evolved],
        60_000,
        new AbortController().signal,
      );
      expect(frame).toMatchObject({ outcome, message: message === null ? null : expect.stringMatching(message) });
      const cubins = readdirSync(cacheDir, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith("cubin"),
      );
      expect(cubins.length > 0).toBe(outcome === "ok");
      await dispose();
    }
  } finally {
    rmSync(evolved, { recursive: true, force: true });
    opened.close();
  }
});
