/**
 * Runs every cheat on this machine's GPU and prints a table: `npm run cheats`. The last line of standard output is
 * JSON. Ends with code 1 when a cheat gets through, or when the genuine kernel does not.
 */
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { type Backend, isFailure, type Job } from "@kevo/gpu-evaluator/backends/backend.ts";
import { openTritonBackend, type TritonArtifact } from "@kevo/gpu-evaluator/backends/triton/triton-backend.ts";
import { CHEATS, GENUINE, NO_GAIN } from "./suite.ts";

const FOLDER = fileURLToPath(new URL("./kernel", import.meta.url));
/** What hangs is ended after this. */
const LIMIT_MS = 10_000;

interface Verdict {
  readonly cheat: string;
  readonly outcome: string;
  readonly timeUs: number | null;
  readonly seconds: number;
  readonly refused: boolean;
  readonly message: string;
}

async function evaluate(backend: Backend<TritonArtifact>, job: Job) {
  const signal = new AbortController().signal;
  const compiled = await backend.compile(job, signal);
  if (isFailure(compiled)) return compiled;
  return backend.measure(compiled, job, backend.devices[0] as never, () => {}, signal);
}

async function suite(backend: Backend<TritonArtifact>): Promise<Verdict[]> {
  const { definition, hash } = await loadKernel(FOLDER, FOLDER);
  const circumstances = { workloads: definition.workloads, effort: "quick", purpose: "search" } as const;
  const jobOf = (cheat: string, at: number): Job => ({
    candidate: `cheats/0/0/${at}`,
    kernel: { hash, folder: FOLDER, definition },
    config: { cheat },
    ...circumstances,
    inputSeed: at,
    bestSpeedup: null,
  });
  const verdicts: Verdict[] = [];
  let genuineUs = 0;
  for (const [at, name] of [GENUINE, ...CHEATS.map((cheat) => cheat.name), GENUINE].entries()) {
    const startedAt = performance.now();
    const found = await evaluate(backend, jobOf(name, at));
    const timeMs = found.outcome === "ok" ? (found.measurements[0]?.time_ms ?? null) : null;
    const timeUs = timeMs === null ? null : timeMs * 1000;
    if (name === GENUINE && timeUs !== null) genuineUs = timeUs;
    const expected = CHEATS.find((cheat) => cheat.name === name)?.refusedAs ?? [];
    const gainsNothing = timeUs !== null && timeUs >= NO_GAIN * genuineUs;
    const refused = expected.length === 0 ? gainsNothing : expected.some((outcome) => outcome === found.outcome);
    verdicts.push({
      cheat: name,
      outcome: found.outcome,
      timeUs,
      seconds: (performance.now() - startedAt) / 1000,
      refused,
      message: found.outcome === "ok" ? "" : found.message,
    });
  }
  return verdicts;
}

function print(verdicts: readonly Verdict[]): void {
  for (const { cheat, outcome, timeUs, seconds, refused, message } of verdicts) {
    const verdict = cheat === GENUINE ? (refused ? "taken" : "REFUSED") : refused ? "refused" : "GOT THROUGH";
    const time = timeUs === null ? "" : `${timeUs.toFixed(1)} µs`;
    const words = outcome === "ok" && cheat !== GENUINE ? "gains nothing" : message.split("\n")[0]?.slice(0, 90);
    console.log(
      `${cheat.padEnd(22)} ${verdict.padEnd(12)} ${outcome.padEnd(14)} ${time.padStart(10)} ${seconds.toFixed(1).padStart(5)} s  ${words}`,
    );
  }
  console.log(JSON.stringify(verdicts));
}

try {
  const backend = await openTritonBackend({
    devices: [0],
    python: process.env.KEVO_PYTHON || undefined,
    onNote: (note) => console.error(note),
    limits: { compileMs: LIMIT_MS, silenceMs: LIMIT_MS },
  });
  try {
    const verdicts = await suite(backend);
    print(verdicts);
    process.exitCode = verdicts.every(({ refused }) => refused) ? 0 : 1;
  } finally {
    await backend.close();
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`cheats: ${error.message}`);
  process.exitCode = 1;
}
