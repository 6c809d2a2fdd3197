/** Says what a check is busy with, and what ends it, where it takes long: a kernel that never returns is silent itself. */
import { BASELINE_LIMIT_MS } from "@kevo/gpu-evaluator/backends/cpu/baselines.ts";
import { REFERENCE_LIMIT_MS } from "@kevo/gpu-evaluator/backends/cpu/reference-programs.ts";
import { COMPILE_LIMIT_MS } from "@kevo/gpu-evaluator/backends/cpu/run-compiler.ts";
import type { CheckStep } from "./evaluate-default.ts";

const FIRST_MS = 3_000;
const EVERY_MS = 15_000;

const limit = (ms: number) => `${ms / 1000} s`;
const BUSY: Readonly<Record<CheckStep, string>> = {
  PREPARING: "measuring this machine",
  QUEUED: "waiting for the compiler",
  COMPILING: `building the code and computing right answers with the reference (limits on a CPU: ${limit(COMPILE_LIMIT_MS)} for a compilation, ${limit(REFERENCE_LIMIT_MS)} for the reference)`,
  VERIFYING: `running the baselines and the default, and comparing their outputs (on a CPU, a call is ended after ${limit(BASELINE_LIMIT_MS)})`,
  TIMING: "timing",
};

export class Waiting {
  readonly #say: (line: string) => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Ends the step before. */
  begin(step: CheckStep): void {
    this[Symbol.dispose]();
    const startedAt = performance.now();
    const told = () => {
      this.#say(`Still ${BUSY[step]}, for ${Math.round((performance.now() - startedAt) / 1000)} s.`);
      this.#timer = setTimeout(told, EVERY_MS);
    };
    this.#timer = setTimeout(told, FIRST_MS);
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
