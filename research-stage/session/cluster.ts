/** The coordinator as a user starts it: a process, its final line, and its database read afterwards. */

import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { dumpRun, type RunDump, runDump } from "@kevo/coordinator/lineage/copy-run.ts";
import { firstDevice, fitnessHistory } from "@kevo/coordinator/lineage/queries/evaluated.ts";
import { failuresOf } from "@kevo/coordinator/lineage/queries/failures.ts";
import { latestSearch, type RunState } from "@kevo/coordinator/lineage/queries/latest-search.ts";
import { winnersTimes } from "@kevo/coordinator/lineage/queries/workloads.ts";
import { openReadOnly } from "@kevo/coordinator/lineage/read-only.ts";
import { buildResult, runResult } from "@kevo/coordinator/result/result.ts";
import { chooseWorkloads } from "@kevo/coordinator/run/spec.ts";
import { isHeld } from "@kevo/core/database/writer-lock.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { startProgram } from "@kevo/core/process/program.ts";
import { failureLine } from "@kevo/proto/failure.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { measurement } from "@kevo/proto/outcome.ts";
import { z } from "zod";
import type { Check } from "../findings/findings.ts";
import { LIBRARY } from "./library.ts";
import { checkModule } from "./module-check.ts";
import type { ResearchOptions } from "./options.ts";

const COORDINATOR = fileURLToPath(import.meta.resolve("@kevo/coordinator/cli/main.ts"));

/** A search that is wanted: what its content hash is taken over, so paths are no part of it. */
export interface Search {
  /** Hash of the kernel's package. */
  readonly kernel: string;
  readonly evaluations: number;
  readonly islands: number;
  readonly seed: number;
  readonly backend: ResearchOptions["backend"];
  /** Empty for all. */
  readonly workloads: readonly string[];
}

const times = measurement.omit({ error: true, samples: true, others: true });

export const searched = z.object({
  result: runResult.omit({ db: true }),
  device: z.string(),
  workloads: z.array(times),
  /** Of each evaluation in order: its speedup or null. */
  history: z.array(z.number().nullable()),
  failures: z.array(z.object({ outcome: z.string(), message: z.string(), count: z.number() })),
  /** The lineage's rows, with which another machine can continue. */
  rows: runDump,
});
export type Searched = z.infer<typeof searched> & { readonly rows: RunDump };

/** The kernel itself is at fault: its default, which everything is compared with, does not compile or is wrong. */
export class KernelFault extends UserError {}

export interface Cluster {
  /**
   * Evolves the kernel in `folder`, or checks it alone with a budget of one.
   * @throws KernelFault; UserError when the coordinator fails otherwise. Its error is the message.
   */
  evolve(folder: string, search: Search, say: (text: string) => void): Promise<Searched>;
  /** The PyTorch module of the kernel in `folder`, whose package has the hash `kernel`, against the reference. */
  checkModule(folder: string, definition: KernelDefinition, kernel: string): Promise<Check>;
}

/** @param tell said to the person who waits, also where a search itself is not worth telling of. */
export function openCluster(
  lineage: string,
  options: ResearchOptions,
  signal: AbortSignal,
  tell: (text: string) => void,
): Cluster {
  return {
    checkModule: (folder, definition) => checkModule(folder, definition, signal),
    evolve: async (folder, search, say) => {
      await untilFree(lineage, signal, tell);
      const { definition } = await loadKernel(folder, LIBRARY);
      const wanted = { ...search, workloads: chooseWorkloads(search.workloads, definition) };
      const known = earlierRun(lineage, wanted);
      if (known === null) await coordinator(["start", "--kernel", folder, ...argumentsOf(search, options)]);
      else if (known.status !== "completed") await coordinator(["resume", known.id]);
      const run = earlierRun(lineage, wanted);
      if (run === null) throw new UserError(`The coordinator left no run of ${folder} in ${lineage}.`);
      return readRun(lineage, run.id);

      async function coordinator(args: readonly string[]): Promise<void> {
        const ended = await runProgram([COORDINATOR, ...args, "--db", lineage, "--json"], say, signal);
        if (ended.status !== 0) throw coordinatorError(ended);
      }
    },
  };
}

/** Of a coordinator that failed, by the code in its last line; the message is the evaluator's where the kernel is at fault. */
export function coordinatorError({ status, lastLine, message }: Ended): UserError {
  const { data } = failureLine.safeParse(parseJson(lastLine));
  if (data?.error.code === "baseline_failed") return new KernelFault(data.error.detail ?? data.error.message);
  return new UserError(`The coordinator ended with ${status}: ${data?.error.message ?? message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function argumentsOf({ evaluations, islands, seed, backend, workloads }: Search, { evaluators }: ResearchOptions) {
  return [
    ...["--backend", backend, "--evaluations", String(evaluations), "--islands", String(islands)],
    ...["--seed", String(seed)],
    ...workloads.flatMap((name) => ["--workload", name]),
    ...evaluators.flatMap((address) => ["--evaluator", address]),
  ];
}

/** A coordinator that outlived an earlier session, or that another user started, finishes its run first. */
async function untilFree(lineage: string, signal: AbortSignal, tell: (text: string) => void): Promise<void> {
  if (isHeld(lineage)) tell(`waiting for another coordinator that uses ${lineage}`);
  while (isHeld(lineage)) await sleep(250, undefined, { signal });
}

/** The run that answers a search on these workloads, by name, from an earlier session. Exported for tests. */
export function earlierRun(lineage: string, search: Search): RunState | null {
  if (!existsSync(lineage)) return null;
  const open = openReadOnly(lineage);
  try {
    return latestSearch(open.db, search);
  } finally {
    open.close();
  }
}

function readRun(lineage: string, run: string): Searched {
  const open = openReadOnly(lineage);
  try {
    const { db, sqlite } = open;
    const { db: _, ...result } = buildResult(db, run, lineage);
    return searched.parse({
      result,
      device: firstDevice(db, run) ?? "unknown",
      workloads: winnersTimes(db, run),
      history: fitnessHistory(db, run),
      failures: failuresOf(db, run).map(({ outcome, message, count }) => ({ outcome, message: message ?? "", count })),
      rows: dumpRun(sqlite, run),
    });
  } finally {
    open.close();
  }
}

interface Ended {
  readonly status: number | string;
  /** On standard output; empty where it wrote nothing. */
  readonly lastLine: string;
  /** Its last lines on standard error, for people. */
  readonly message: string;
}

/** Runs this Node on a program. Keys of outside services stay here. */
function runProgram(command: readonly string[], say: (text: string) => void, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // Ctrl-C reaches it once, from here, and it ends in order.
    const child = startProgram(command);
    child.stdin.end();
    const message: string[] = [];
    let lastLine = "";
    createInterface({ input: child.stdout }).on("line", (line) => {
      lastLine = line;
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line.trim() === "") return;
      message.splice(0, message.length > 7 ? 1 : 0);
      message.push(line);
      say(line);
    });
    const stop = () => child.kill("SIGINT");
    signal.addEventListener("abort", stop);
    child.once("error", reject);
    child.once("close", (code, killed) => {
      signal.removeEventListener("abort", stop);
      if (signal.aborted) reject(signal.reason);
      else resolve({ status: code ?? killed ?? "no code", lastLine, message: message.join(" ").slice(-2000) });
    });
  });
}
