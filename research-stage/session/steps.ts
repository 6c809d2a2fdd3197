/**
 * Work in steps that are never done twice. A step is stored with the hash of its input and its output; asked again
 * with the same input it answers from the store. So a killed run continues where it was, and the calls within an
 * interrupted step are found again one by one in the stores of calls and exchanges.
 */
import { createHash } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import canonicalize from "canonicalize";
import type { z } from "zod";
import type { ResearchDatabase } from "../store/database.ts";
import { findStep, putStep } from "../store/store.ts";

/**
 * Published when a step has been stored as begun, as done, or as of no use: `{run, key, stage, status}`. For observers.
 */
const STEP_CHANNEL = channel("kevo.research.step");

interface StepOptions<T> {
  readonly key: string;
  readonly stage: string;
  readonly round: number;
  /** Whatever the output depends on; JSON. */
  readonly input: unknown;
  readonly output: z.ZodType<T>;
  /** Dollars that sources took, of the output. */
  readonly costOf?: (output: T) => number;
  /** Why the output is unusable, so that a later request repeats the work; null where it is good. */
  readonly faultOf?: (output: T) => string | null;
}

export interface Steps {
  /** @throws what `work` throws; the step is then stored as failed and done again when asked again. */
  step<T>(options: StepOptions<T>, work: () => Promise<T>): Promise<T>;
}

export function openSteps(db: ResearchDatabase, run: string): Steps {
  return {
    step: async ({ key, stage, round, input, output, costOf = () => 0, faultOf = () => null }, work) => {
      const inputHash = hashOf(input);
      const stored = findStep(db, run, key);
      if (stored?.status === "done" && stored.inputHash === inputHash) {
        return output.parse(JSON.parse(stored.output as string));
      }
      const startedAt = Date.now();
      const common = { run, key, stage, round, inputHash, startedAt };
      const open = { output: null, error: null, endedAt: null, costUsd: stored?.costUsd ?? 0 };
      putStep(db, { ...common, ...open, status: "running" });
      STEP_CHANNEL.publish({ run, key, stage, status: "running" });
      try {
        const done = output.parse(await work());
        const error = faultOf(done);
        const status = error === null ? "done" : "failed";
        putStep(db, {
          ...common,
          status,
          output: JSON.stringify(done),
          error,
          costUsd: costOf(done),
          endedAt: Date.now(),
        });
        STEP_CHANNEL.publish({ run, key, stage, status });
        return done;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        putStep(db, { ...common, ...open, status: "failed", error: message, endedAt: Date.now() });
        throw error;
      }
    },
  };
}

export function hashOf(value: unknown): string {
  return createHash("sha256")
    .update(canonicalize(value) ?? "")
    .digest("hex");
}
