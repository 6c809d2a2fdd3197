/**
 * Runs every cheat on this machine's GPU and prints a table: `npm run cheats`. The last line of standard output is
 * JSON. Ends with code 1 when a cheat gets through, or when the genuine kernel does not.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { parseDefinition } from "@kevo/core/kernel/definition.ts";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { type Backend, type InstalledKernel, isFailure, type Job } from "@kevo/gpu-evaluator/backends/backend.ts";
import { CUDA } from "@kevo/gpu-evaluator/backends/cuda/cuda-language.ts";
import type { GpuLanguage } from "@kevo/gpu-evaluator/backends/triton/gpu-language.ts";
import { openTritonBackend, type TritonArtifact } from "@kevo/gpu-evaluator/backends/triton/triton-backend.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { z } from "zod";
import { CHEATS, CUDA_CHEATS, GENUINE, IN_PROCESS } from "./suite.ts";

const FOLDER = fileURLToPath(new URL("./kernel", import.meta.url));
const CUDA_DEFINITION = "cuda.json";
const kernelFolder = (id: string) => fileURLToPath(new URL(`../../gpu-evaluator/kernels/${id}`, import.meta.url));
const ATTENTION_FOLDER = kernelFolder("attention-forward");
const GEMM_FOLDER = kernelFolder("gemm-cuda");
const CONVOLUTION_FOLDER = kernelFolder("convolution-cuda");
const IN_PROCESS_PROGRAM = fileURLToPath(new URL("./in_process.py", import.meta.url));
const inProcessAnswer = z.object({
  cheat: z.string(),
  outcome: z.string(),
  message: z.string().nullable(),
  time_us: z.number().nullable(),
});
/** Ends a hanging process after this. */
const LIMIT_MS = 10_000;

/** So often are the kernels measured that do what they should. */
const GENUINE_TIMES = 3;
/** Configurations of a kernel that is worth having, which nothing here may refuse. */
const ATTENTION: readonly { readonly workload: string; readonly config: Config }[] = [
  { workload: "ten-models/qwen2-0.5b/s1024", config: {} },
  { workload: "ten-models/qwen3-0.6b/s2048", config: { KERNEL: "specialized", BLOCK_N: 128 } },
  { workload: "ten-models/qwen2-0.5b/s512", config: { SPLIT_KV: 512, LOADS: "pointer", ORDER: "heavy" } },
];

interface Verdict {
  readonly cheat: string;
  /** The runner's own process pretends, and not a compiled program. */
  readonly inProcess?: boolean;
  readonly outcome: string;
  readonly timeUs: number | null;
  readonly speedup?: number | null;
  readonly seconds: number;
  /** It ended as it should: a cheat refused with an outcome, a genuine kernel taken. */
  readonly right: boolean;
  readonly message: string;
}

async function evaluate(backend: Backend<TritonArtifact>, job: Job) {
  const signal = new AbortController().signal;
  const compiled = await backend.compile(job, signal);
  if (isFailure(compiled)) return compiled;
  return backend.measure(compiled, job, backend.devices[0] as never, () => {}, signal);
}

class Suite {
  readonly verdicts: Verdict[] = [];
  #backend: Backend<TritonArtifact> | null = null;
  #seed = 0;

  /** Does some of it with a backend of this language. @throws UserError where none can be opened. */
  async with(language: GpuLanguage | undefined, part: () => Promise<void>): Promise<void> {
    const backend = await openTritonBackend({
      devices: [0],
      python: process.env.KEVO_PYTHON || undefined,
      onNote: (note) => console.error(note),
      limits: { compileMs: LIMIT_MS, silenceMs: LIMIT_MS },
      ...(language !== undefined && { language }),
    });
    try {
      this.#backend = backend;
      await part();
    } finally {
      await backend.close();
    }
  }

  async #judge(
    cheat: string,
    expected: readonly string[],
    inputSeed: number,
    what: Pick<Job, "kernel" | "config" | "workloads">,
  ): Promise<void> {
    const startedAt = performance.now();
    const found = await evaluate(this.#backend as Backend<TritonArtifact>, {
      ...what,
      candidate: `cheats/0/0/${this.verdicts.length}`,
      effort: "quick",
      purpose: "search",
      inputSeed,
      bestSpeedup: null,
      neverStopEarly: false,
    });
    const measured = found.outcome === "ok" ? found.measurements[0] : undefined;
    this.verdicts.push({
      cheat,
      outcome: found.outcome,
      timeUs: measured?.time_ms == null ? null : measured.time_ms * 1000,
      speedup: measured?.speedup ?? null,
      seconds: (performance.now() - startedAt) / 1000,
      right: expected.includes(found.outcome),
      message: found.outcome === "ok" ? "" : found.message,
    });
  }

  /** The genuine kernels, so often. */
  async genuine(): Promise<void> {
    const product = await installed(FOLDER);
    const attention = await installed(ATTENTION_FOLDER);
    const { definition } = attention;
    for (let time = 0; time < GENUINE_TIMES; time++) {
      await this.#judge(GENUINE, ["ok"], this.#seed++, {
        kernel: product,
        config: { cheat: GENUINE },
        ...workloadsOf(product),
      });
      for (const { workload, config } of ATTENTION) {
        await this.#judge(`${GENUINE} (${workload})`, ["ok"], this.#seed++, {
          kernel: attention,
          config: { ...definition.default, ...config },
          workloads: definition.workloads.filter(({ name }) => name === workload),
        });
      }
    }
  }

  async cheats(): Promise<void> {
    const kernel = await installed(FOLDER);
    // The same small shape each time, on which tiles that are computed under a condition are right.
    const seed = 0;
    for (const { name, refusedAs } of CHEATS) {
      await this.#judge(name, refusedAs, seed, { kernel, config: { cheat: name }, ...workloadsOf(kernel) });
    }
  }

  /** The same in CUDA C++, between genuine kernels. */
  async cuda(): Promise<void> {
    const product = await installed(FOLDER, CUDA_DEFINITION);
    const kernels = [product, await installed(GEMM_FOLDER), await installed(CONVOLUTION_FOLDER)];
    const genuine = async () => {
      for (const kernel of kernels) {
        const config = kernel.definition.default as Config;
        await this.#judge(`${GENUINE} (${kernel.definition.id})`, ["ok"], this.#seed++, {
          ...{ kernel, config, workloads: kernel.definition.workloads.slice(0, 1) },
        });
      }
    };
    await genuine();
    for (const { name, refusedAs } of CUDA_CHEATS) {
      const what = { kernel: product, config: { CHEAT: name }, ...workloadsOf(product) };
      await this.#judge(`${name} in CUDA`, refusedAs, 0, what);
    }
    await genuine();
  }

  /** Cheats beyond compiled programs, done by the measuring process itself. */
  inProcess(python: string): void {
    const cheats = [GENUINE, ...IN_PROCESS];
    const { stdout, stderr } = spawnSync(python, [IN_PROCESS_PROGRAM, ...cheats], {
      encoding: "utf8",
      timeout: 120_000,
    });
    const answers = stdout
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [inProcessAnswer.parse(JSON.parse(line))]));
    for (const cheat of cheats) {
      const answer = answers.find((one) => one.cheat === cheat);
      const outcome = answer?.outcome ?? "none";
      const refused = outcome === "incorrect" || outcome === "crashed";
      const message = answer === undefined ? stderr.trim().split("\n").at(-1) : answer.message;
      this.verdicts.push({
        cheat,
        inProcess: true,
        outcome,
        timeUs: answer?.time_us ?? null,
        seconds: 0,
        right: cheat === GENUINE ? outcome === "ok" : refused,
        message: message ?? "",
      });
    }
  }
}

/** @param file of another definition over the same folder */
async function installed(folder: string, file?: string): Promise<InstalledKernel> {
  const { definition, hash } = await loadKernel(folder, folder);
  if (file === undefined) return { hash, folder, definition };
  return {
    hash: `${hash} ${file}`,
    folder,
    definition: parseDefinition(readFileSync(join(folder, file), "utf8"), file),
  };
}

const workloadsOf = ({ definition }: InstalledKernel) => ({ workloads: definition.workloads });

function print(verdicts: readonly Verdict[]): void {
  for (const { cheat, inProcess, outcome, timeUs, speedup, seconds, right, message } of verdicts) {
    const genuine = cheat.startsWith(GENUINE);
    const verdict = genuine ? (right ? "taken" : "REFUSED") : right ? "refused" : "GOT THROUGH";
    const time = timeUs === null ? "" : `${timeUs.toFixed(1)} µs`;
    const note =
      speedup == null
        ? message
            .split("\n")[0]
            ?.replace(/\p{Cc}/gu, "?")
            .slice(0, 110)
        : `${speedup.toFixed(2)}x`;
    const name = inProcess ? `${cheat} in process` : cheat;
    console.log(
      `${name.padEnd(34)} ${verdict.padEnd(12)} ${outcome.padEnd(14)} ${time.padStart(10)} ${seconds.toFixed(1).padStart(5)} s  ${note}`,
    );
  }
  const counted = (genuine: boolean) => {
    const some = verdicts.filter(({ cheat }) => cheat.startsWith(GENUINE) === genuine);
    return `${some.filter(({ right }) => right).length} of ${some.length}`;
  };
  console.log(`cheats refused: ${counted(false)}; genuine kernels taken: ${counted(true)}`);
  console.log(JSON.stringify(verdicts));
}

try {
  const suite = new Suite();
  await suite.with(undefined, async () => {
    await suite.genuine();
    await suite.cheats();
    suite.inProcess(process.env.KEVO_PYTHON || "python3");
    await suite.genuine();
  });
  await suite.with(CUDA, () => suite.cuda());
  print(suite.verdicts);
  process.exitCode = suite.verdicts.every(({ right }) => right) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`cheats: ${error.message}`);
  process.exitCode = 1;
}
