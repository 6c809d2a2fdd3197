/**
 * A mistake of the user or a fault of the surroundings: what was wrong, with which value, and what to do.
 * Commands print its message without a stack trace. Code 2 is wrong usage, 1 everything else.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
