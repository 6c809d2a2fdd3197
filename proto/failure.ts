/** The reason why a program failed, for programs: `--json` writes it as the last line of standard output. */
import { z } from "zod";

export const failureCode = z.enum([
  /** An option or argument that does not fit; exit code 2. */
  "wrong_usage",
  /** No evaluator served a run for too long. */
  "no_evaluator",
  /** No evaluator that there is can evaluate the run's kernel. */
  "evaluators_unusable",
  /** The same, and the kernel is why: one of its baselines does not compile, is wrong or breaks. */
  "baseline_failed",
  /** The same of its reference. */
  "reference_failed",
  "database_unwritable",
  /** Another process writes it. */
  "database_in_use",
  /** A database or file was damaged, changed, or written by another version. */
  "stored_data_unreadable",
  /** Anything else; the message says what. */
  "failed",
]);
export type FailureCode = z.infer<typeof failureCode>;

export const failureLine = z.object({
  error: z.object({
    code: failureCode,
    message: z.string(),
    /** The message of the program at fault, such as an evaluator; absent where there is no other program. */
    detail: z.string().optional(),
  }),
});
export type FailureLine = z.infer<typeof failureLine>;
