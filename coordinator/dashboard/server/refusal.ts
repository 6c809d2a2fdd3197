/** Requests that get no answer, with the code that tells programs why. */
import type { Failure } from "../contract/common.ts";

type Code = Failure["error"]["code"];

const STATUS = {
  unauthorized: 401,
  wrong_host: 421,
  wrong_origin: 403,
  not_found: 404,
  invalid: 400,
  invalid_filter: 400,
  refused: 409,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<Code, number>;

export class Refusal extends Error {
  readonly code: Code;
  readonly column: number | undefined;

  constructor(code: Code, message: string, column?: number) {
    super(message);
    this.code = code;
    this.column = column;
  }

  get status(): (typeof STATUS)[Code] {
    return STATUS[this.code];
  }

  get body(): Failure {
    const { code, message, column } = this;
    return { error: { code, message, ...(column !== undefined && { column }) } };
  }
}

export class NotFound extends Refusal {
  constructor(message: string) {
    super("not_found", message);
  }
}
