/** Remembers in which shape a server takes questions, and finds the next one when it refuses. */
import type { Connection } from "./connection.ts";
import type { Failure } from "./failure.ts";
import { describeShape, firstShape, isSame, type RequestShape, stepDown, stepDownBlindly } from "./request-shape.ts";

/** Refusals that may be about the shape of the request. Others are about the account, the pace or the prompt. */
const SHAPELY: ReadonlySet<string> = new Set(["bad_request", "unknown_model", "server_error"]);

export class ShapeMemory {
  #current: RequestShape;
  readonly #refusedLimits = new Set<RequestShape["limit"]>();
  /** When trying without a hint from the server began; over once nothing made a difference. */
  #blindFrom: RequestShape | null = null;
  #blindEnded = false;
  #refusal: string | null = null;

  constructor(connection: Pick<Connection, "provider" | "model">) {
    this.#current = firstShape(connection);
  }

  get current(): RequestShape {
    return this.#current;
  }

  /** Null where the server takes all that is asked. */
  get note(): string | null {
    if (this.#refusal === null) return null;
    return `now asking the server with ${describeShape(this.#current)} only, because it refused the rest: ${this.#refusal}`;
  }

  /**
   * Whether to send the question again, in the current shape, after the server refused it in another.
   * @param asked tokens of the answer at most.
   */
  adapt({ kind, answered, message }: Failure, sent: RequestShape, asked: number): boolean {
    if (answered === undefined || !SHAPELY.has(kind)) return false;
    // A call beside this one was refused first.
    if (!isSame(this.#current, sent)) return true;
    const named = stepDown(sent, answered, asked, this.#refusedLimits);
    const blind = named === null && kind === "bad_request" && !this.#blindEnded;
    const next = blind ? stepDownBlindly(sent) : named;
    if (next === null) {
      // The shape was not the reason: the next call uses the strictest one.
      if (blind && this.#blindFrom !== null) this.#current = this.#blindFrom;
      if (blind) this.#refusal = null;
      this.#blindEnded ||= blind;
      return false;
    }
    if (blind) this.#blindFrom ??= sent;
    if (next.limit !== sent.limit) this.#refusedLimits.add(sent.limit);
    this.#current = next;
    this.#refusal ??= message;
    return true;
  }
}
