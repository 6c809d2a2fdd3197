/** The backend over a runner that speaks the real protocol and pretends the rest, so that every fault can be had. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Backend, type Failure, type InstalledKernel, isFailure, type Job } from "../backend.ts";
import { CUDA } from "../cuda/cuda-language.ts";
import { compileProcesses, openTritonBackend, type TritonArtifact, type TritonOptions } from "./triton-backend.ts";

const FAKE = fileURLToPath(new URL("./fake-runner.fixture", import.meta.url));
const hasPython = (() => {
  try {
    return execFileSync("python3", ["-c", "import sys; print(sys.version_info >= (3, 10))"]).includes("True");
  } catch {
    return false;
  }
})();

let control: string;
const notes: string[] = [];
const opened: Backend[] = [];
beforeEach(() => {
  control = mkdtempSync(join(tmpdir(), "kevo-fake-"));
});
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.close();
  notes.length = 0;
  rmSync(control, { recursive: true, force: true });
});

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: `${FAKE}${delimiter}${process.env.PATH}`,
  PYTHONPATH: control,
  XDG_CACHE_HOME: join(control, "cache"),
  XAI_API_KEY: "a key that nobody may see",
  ...more,
});

async function open(more: Partial<TritonOptions> = {}): Promise<Backend<TritonArtifact>> {
  const backend = await openTritonBackend({
    devices: [0],
    python: join(FAKE, "python"),
    onNote: (note) => notes.push(note),
    environment: environment(),
    ...more,
    limits: { compileMs: 20_000, silenceMs: 20_000, lane: { againMs: 10, quarantineMs: 20 }, ...more.limits },
  });
  opened.push(backend);
  return backend;
}

const kernel: InstalledKernel = {
  hash: "f".repeat(64),
  folder: "/kernel",
  definition: {
    id: "fake",
    title: "Fake",
    description: "",
    backends: ["triton"],
    parameters: [{ name: "act", type: "categorical", values: ["ok"] }],
    constraints: [],
    default: { act: "ok" },
    baselines: [],
    workloads: [{ name: "w", shape: { S: 512 }, flops: 1, bytes: 1 }],
    tolerance: { relative_l2: 1e-5 },
    source: "kernel.py",
    reference: "reference.py",
    comparison: null,
  },
};

function jobOf(act: string, over: Partial<Job> = {}): Job {
  const { workloads } = kernel.definition;
  const timing = {
    effort: "quick",
    purpose: "search",
    inputSeed: 1,
    bestSpeedup: null,
    neverStopEarly: false,
  } as const;
  return { candidate: "run/0/0/0", kernel, config: { act }, workloads, ...timing, ...over };
}

const never = new AbortController().signal;
/** Limit for events that are certain but take any time, such as the start and end of processes. Milliseconds. */

/** Compiles, and measures what compiled. */
async function evaluate(backend: Backend<TritonArtifact>, act: string, signal = never) {
  const compiled = await backend.compile(jobOf(act), signal);
  if (isFailure(compiled)) return compiled;
  return backend.measure(compiled, jobOf(act), backend.devices[0] as never, () => {}, signal);
}

const log = (begins: string) =>
  readFileSync(join(control, "log"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith(begins));
const pids = (begins: string) => log(begins).map((line) => Number(line.slice(begins.length).split(" ")[0]));
const hasEnded = (pid: number) => {
  try {
    // A zombie in a container without an init still has its number.
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return true;
  }
};

test("a daemon that takes some of the host's GPUs compiles on their share of its cores", () => {
  const gpus = (taken: number, ofHost: number) =>
    Array.from({ length: taken }, (_, at) => ({ uuid: `GPU-${at}`, name: "Fake GPU", ofHost }));
  expect(compileProcesses(32, gpus(2, 2))).toBe(28);
  expect(compileProcesses(32, gpus(1, 2))).toBe(12);
  expect(compileProcesses(2, gpus(1, 8))).toBe(1);
});

describe.skipIf(!hasPython)("the CUDA backend", () => {
  const definition = kernelDefinition.parse({
    ...kernel.definition,
    backends: ["cuda"],
    parameters: [
      { name: "TILE", type: "ordinal", values: [16, 32] },
      { name: "MATH", type: "categorical", values: ["--fmad=true", "--ptxas-options=-o/etc/passwd"] },
    ],
    default: { TILE: 16, MATH: "--fmad=true" },
    launches: [{ kernel: "k", grid: ["S // TILE"], block: [32], arguments: ["a", "out", "S"] }],
    source: "kernel.cu",
  });
  const job = (config: Job["config"]) => ({ ...jobOf("ok"), kernel: { ...kernel, definition }, config });

  test("asks its compile process for macros and launches, and refuses a flag that is none", async () => {
    const backend = await open({ language: CUDA });
    expect(backend).toMatchObject({ name: "cuda", toolchain: "NVRTC 13.0, fake 1" });
    const { message } = (await backend.compile(job({ TILE: 32, MATH: "--fmad=true" }), never)) as Failure;
    expect(JSON.parse(message)).toEqual({
      flags: ["-DTILE=32", "--fmad=true"],
      launches: [{ kernel: "k", grid: ["S // TILE"], block: [32], sharedBytes: 0, arguments: ["a", "out", "S"] }],
      scratch: {},
      constants: [],
    });
    const refused = await backend.compile(job({ TILE: 16, MATH: "--ptxas-options=-o/etc/passwd" }), never);
    expect(refused).toMatchObject({ outcome: "invalid", message: expect.stringContaining("--ptxas-options") });
  });

  test("says what is missing where there is no compiler", async () => {
    writeFileSync(join(control, "no nvrtc"), "");
    await expect(open({ language: CUDA })).rejects.toThrow(/CUDA backend cannot compile: .*needs NVRTC.*CUDA_HOME/s);
  });
});

describe.skipIf(!hasPython)("the Triton backend", () => {
  test("measures on each visible GPU, and says what it has", async () => {
    const backend = await open({ devices: undefined });
    expect(backend).toMatchObject({ name: "triton", toolchain: "fake 1", needsQuiet: false });
    expect(backend.devices).toEqual([
      { id: "GPU-fake-0", model: "Fake GPU", peakGflops: 790000, otherProcesses: 0, capability: "9.0" },
      { id: "GPU-fake-1", model: "Fake GPU", peakGflops: 790000, otherProcesses: 0, capability: "9.0" },
    ]);
    expect(backend.compileProcesses).toBeGreaterThanOrEqual(1);
    const stages: string[] = [];
    const artifact = (await backend.compile(jobOf("ok"), never)) as TritonArtifact;
    const attend = { name: "attend", registers: 168, spill_bytes: 0, shared_bytes: 65536, warps: 8 };
    expect(artifact.resources).toEqual([attend, { ...attend, registers: 255, spill_bytes: 24 }]);
    const second = backend.devices[1] as never;
    const found = await backend.measure(artifact, jobOf("ok"), second, () => stages.push("timing"), never);
    expect(found).toMatchObject({
      outcome: "ok",
      measurements: [{ workload: "w", time_ms: 0.01, speedup: 2, baseline: "cudnn", others: { flash: 0.03 } }],
      environment: { gpu: "GPU-fake-1" },
    });
    expect(stages).toEqual(["timing"]);
  });

  test("no key and no other variable of the daemon reaches a process", async () => {
    await evaluate(await open(), "ok");
    const seen = [...log("compiler"), ...log("measurer")].join("\n");
    expect(seen).toContain("PATH");
    expect(seen).not.toContain("XAI_API_KEY");
  });

  test.each([
    ["compile error", "compile_error", "no such instruction"],
    ["too large", "invalid", "shared memory"],
    ["allocate", "compile_error", "MemoryError"],
    ["compiler crash", "compile_error", "LLVM ERROR"],
    ["compiler garbage", "compile_error", "outcome"],
    ["incorrect", "incorrect", "relative error"],
    ["illegal access", "crashed", "illegal memory access"],
    ["measurer dies", "crashed", "SIGKILL"],
  ])("%s is the candidate's outcome, and the next one is measured", async (act, outcome, message) => {
    const backend = await open({ limits: { compileMemoryBytes: 2 * 1024 ** 3 } });
    expect(await evaluate(backend, act)).toMatchObject({ outcome, message: expect.stringContaining(message) });
    expect(await evaluate(backend, "ok")).toMatchObject({ outcome: "ok" });
  });

  test("a compiler that hangs is ended with all that it started", async () => {
    const backend = await open({ limits: { compileMs: 3_000 } });
    expect(await evaluate(backend, "hang compiler")).toMatchObject({ outcome: "timeout" });
    const [child] = pids("child ");
    await expect.poll(() => hasEnded(child as number)).toBe(true);
    expect(await evaluate(backend, "ok")).toMatchObject({ outcome: "ok" });
  });

  test("a device that hangs: the process is ended, a warm one steps in, the device is probed", async () => {
    const backend = await open({ limits: { silenceMs: 3_000 } });
    await expect.poll(() => pids("measurer ")).toHaveLength(2);
    const [first, spare] = pids("measurer ");
    expect(await evaluate(backend, "hang device")).toMatchObject({ outcome: "timeout" });
    expect(hasEnded(first as number)).toBe(true);
    expect(log("probe")).toEqual(["probe passed", "probe passed"]);
    expect(await evaluate(backend, "ok")).toMatchObject({ outcome: "ok" });
    expect(pids("measure ok ")).toEqual([spare]);
  });

  test("a device that fails its probe is quarantined, and comes back when it passes one", async () => {
    const backend = await open();
    const health: string[] = [];
    backend.watchHealth?.((device, healthy) => health.push(`${device} ${healthy}`));
    expect(await evaluate(backend, "break device")).toMatchObject({ outcome: "crashed" });
    expect(health).toEqual(["0 false"]);
    expect(notes).toHaveLength(3);
    rmSync(join(control, "broken GPU-fake-0"));
    await expect.poll(() => health).toEqual(["0 false", "0 true"]);
    expect(await evaluate(backend, "ok")).toMatchObject({ outcome: "ok" });
  });

  test("a kernel without a baseline is the kernel's fault, not the candidate's", async () => {
    const backend = await open();
    await expect(evaluate(backend, "no baseline")).rejects.toMatchObject({
      fault: "baseline_failed",
      message: "workload w has no baseline",
    });
    expect(await evaluate(backend, "ok")).toMatchObject({ outcome: "ok" });
  });

  test("a runner that fails once is asked again in another process; its second failure is the evaluator's", async () => {
    const backend = await open();
    expect(await evaluate(backend, "busy device")).toMatchObject({ outcome: "ok" });
    expect(notes).toEqual([expect.stringContaining("tried again in another process: out of memory")]);
    await expect(evaluate(backend, "runner fails")).rejects.toThrow(UserError);
    await expect(evaluate(backend, "measurer garbage")).rejects.toThrow("answer");
    expect(await evaluate(backend, "ok")).toMatchObject({ outcome: "ok" });
  });

  test("a caller who leaves ends what runs for it", async () => {
    const backend = await open();
    for (const act of ["hang compiler", "hang device"]) {
      const aborted = new AbortController();
      const what = act === "hang device" ? "measure" : "compile";
      const asked = evaluate(backend, act, aborted.signal);
      await expect.poll(() => log(`${what} ${act}`)).toHaveLength(1);
      aborted.abort(new Error("no longer wanted"));
      await expect(asked).rejects.toThrow("no longer wanted");
    }
    expect(await evaluate(backend, "ok")).toMatchObject({ outcome: "ok" });
  });

  test("an idle process that the system kills is not a candidate's outcome", async () => {
    const backend = await open();
    await evaluate(backend, "ok");
    const all = [...pids("compiler "), ...pids("measurer ")];
    for (const pid of all) process.kill(pid, "SIGKILL");
    // Not only dead but waited for: by then the backend has been told.
    await expect.poll(() => all.some((pid) => existsSync(`/proc/${pid}`))).toBe(false);
    expect(await evaluate(backend, "ok")).toMatchObject({ outcome: "ok" });
  });

  test("code that a model wrote gets its own process and folder, in the sandbox", async () => {
    const backend = await open();
    const compile = (over: Partial<Job> = {}) => backend.compile(jobOf("ok", over), never) as Promise<TritonArtifact>;
    const plain = await compile();
    const evolved = await compile({ evolvedSource: join(control, "evolved.py") });
    const again = await compile({ evolvedSource: join(control, "evolved.py") });
    const { kernel } = jobOf("ok");
    const whole = await compile({ kernel: { ...kernel, definition: { ...kernel.definition, contained: true } } });
    // In its sandbox it cannot write the log, and what it makes lies apart.
    expect(log("compile ok ")).toHaveLength(1);
    expect(new Set([plain, evolved, again, whole].map(({ cacheDir }) => cacheDir)).size).toBe(4);
    // Nor does it see what other daemons compiled, or add to it.
    const shared = [plain, evolved, whole].map(({ program }) => program);
    expect(shared).toMatchObject([{ shared: true }, { shared: false }, { shared: false }]);
    await evolved.dispose();
    expect(existsSync(evolved.cacheDir)).toBe(false);
    expect(existsSync(again.cacheDir)).toBe(true);
  });

  test("a folder of shared code that others could write to is not used, and that is said", async () => {
    const folder = join(control, "cache/kevo/artefacts");
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o770);
    const { program } = (await (await open()).compile(jobOf("ok"), never)) as TritonArtifact;
    expect(program).toMatchObject({ shared: false });
    expect(notes).toEqual([expect.stringContaining(`${folder} is not a folder that only this user can enter`)]);
  });

  test("closing leaves no process", async () => {
    const backend = await open();
    await evaluate(backend, "ok");
    await expect.poll(() => pids("measurer ")).toHaveLength(2);
    await backend.close();
    for (const pid of [...pids("compiler "), ...pids("measurer ")]) expect(hasEnded(pid)).toBe(true);
  });

  test("a daemon that is killed leaves no process, busy or not", async () => {
    const fixture = fileURLToPath(new URL("./killed-daemon.fixture.ts", import.meta.url));
    const args = [fixture, join(FAKE, "python"), JSON.stringify(jobOf("ok"))];
    const child = spawn(process.execPath, args, { env: environment(), stdio: "ignore" });
    try {
      await expect.poll(() => log("compile busy")).toHaveLength(1);
      await expect.poll(() => log("measure hang")).toHaveLength(1);
      await expect.poll(() => pids("measurer ")).toHaveLength(2);
    } finally {
      child.kill("SIGKILL");
    }
    const all = [...pids("compiler "), ...pids("measurer ")];
    await expect.poll(() => all.every(hasEnded)).toBe(true);
  });

  test("reports other users of the GPU, and missing parts", async () => {
    writeFileSync(join(control, "crowded"), "");
    await open();
    expect(notes).toEqual([expect.stringContaining("2 other processes also use GPU-fake-0")]);
    const refused = (more: Partial<TritonOptions>) => expect(open(more)).rejects;
    writeFileSync(join(control, "no torch"), "");
    await refused({}).toThrow("needs torch, which KEVO_PYTHON");
    rmSync(join(control, "no torch"));
    await refused({ devices: [2] }).toThrow("--devices 2: this host has 2 visible GPUs");
    await refused({ python: "/no/python" }).toThrow("KEVO_PYTHON (/no/python) does not run: no such file");
    await refused({ environment: environment({ PATH: "/nowhere" }) }).toThrow("nvidia-smi lists none (not found)");
    const rocm = join(control, "rocm-smi");
    writeFileSync(rocm, `#!/bin/sh\necho '{"card0": {"Card Series": "AMD Instinct MI300X"}, "system": {}}'\n`, {
      mode: 0o755,
    });
    await refused({ environment: environment({ PATH: control }) }).toThrow("an AMD GPU (AMD Instinct MI300X)");
    await refused({ environment: environment({ CUDA_VISIBLE_DEVICES: "" }) }).toThrow("hides every GPU");
    await refused({ environment: environment({ CUDA_VISIBLE_DEVICES: "5" }) }).toThrow("has no GPU 5");
  });

  test("takes the GPUs that CUDA_VISIBLE_DEVICES leaves, by number or UUID", async () => {
    const backend = await open({ environment: environment({ CUDA_VISIBLE_DEVICES: "GPU-fake-1" }) });
    expect(backend.devices.map(({ id }) => id)).toEqual(["GPU-fake-1"]);
  });
});
