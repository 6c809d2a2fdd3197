import type { FailureCode } from "@kevo/proto/failure.ts";

/** The part of a failure that programs read; its message is for people. */
interface Failure {
  readonly code?: FailureCode;
  /** The message of the program at fault, such as an evaluator. */
  readonly detail?: string | undefined;
}

/**
 * A mistake of the user or a fault of the surroundings: what was wrong, with which value, and what to do.
 * Commands print its message without a stack trace. Exit code 2 is wrong usage, 1 everything else.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: 1 | 2;
  readonly code: FailureCode;
  readonly detail: string | undefined;

  constructor(message: string, exitCode: 1 | 2 = 1, { code, detail }: Failure = {}) {
    super(message);
    this.exitCode = exitCode;
    this.code = code ?? (exitCode === 2 ? "wrong_usage" : "failed");
    this.detail = detail;
  }
}
