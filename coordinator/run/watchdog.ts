/** Gives a run up that no evaluator serves, instead of waiting for ever. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Fleet } from "../dispatch/fleet.ts";
import type { Launch } from "./launch.ts";

/** How long to wait for a first evaluator, or for one to come back. */
export const EVALUATOR_TIMEOUT_MS = 60_000;

/** How long a run waits for evaluators: for ever where it states how many it requires, unless `--wait` says otherwise. */
export function evaluatorTimeoutMs({ wait_s, min_evaluators }: Pick<Launch, "wait_s" | "min_evaluators">): number {
  if (wait_s !== undefined) return wait_s * 1000;
  return min_evaluators === undefined ? EVALUATOR_TIMEOUT_MS : Number.POSITIVE_INFINITY;
}

type WatchedFleet = Pick<Fleet, "hopeless" | "trouble" | "firstFault" | "shortfall">;

export class Watchdog {
  readonly #kernel: string;
  readonly #fleet: WatchedFleet;
  readonly #now: () => number;
  readonly #timeoutMs: number;
  #servedAt: number;

  /** @param now milliseconds of any clock that only goes forward; `timeoutMs` of `--wait`. */
  constructor(
    kernel: string,
    fleet: WatchedFleet,
    now: () => number = () => performance.now(),
    timeoutMs = EVALUATOR_TIMEOUT_MS,
  ) {
    this.#timeoutMs = timeoutMs;
    this.#kernel = kernel;
    this.#fleet = fleet;
    this.#now = now;
    this.#servedAt = now();
  }

  /** The reason why no evaluator serves the run, and how much longer it waits. */
  get waiting(): string {
    const { shortfall, trouble } = this.#fleet;
    const what = shortfall ?? `no evaluator serves (${trouble})`;
    if (this.#timeoutMs === Number.POSITIVE_INFINITY) return what;
    const leftS = Math.max(0, Math.ceil((this.#servedAt + this.#timeoutMs - this.#now()) / 1000));
    return `${what}; giving up in ${leftS} s, see --wait`;
  }

  /**
   * @param isServed whether the run makes progress now.
   * @param missing device models that no evaluator has.
   * @returns why the run cannot continue; null while it can.
   */
  check(isServed: boolean, missing: readonly string[]): UserError | null {
    if (isServed) this.#servedAt = this.#now();
    if (this.#fleet.hopeless) {
      const { fault, why } = this.#fleet.firstFault ?? {};
      const code = fault === "baseline_failed" || fault === "reference_failed" ? fault : "evaluators_unusable";
      return new UserError(`No evaluator can run ${this.#kernel}: ${this.#fleet.trouble}.`, 1, { code, detail: why });
    }
    if (this.#now() - this.#servedAt <= this.#timeoutMs) return null;
    if (this.#fleet.shortfall !== null) {
      return new UserError(
        `Too few evaluators have served for ${this.#timeoutMs / 1000} s: ${this.#fleet.shortfall}. Start more, require fewer, or omit --wait.`,
        1,
        { code: "no_evaluator" },
      );
    }
    const wanted = missing.length === 0 ? "" : `${missing.join(", ")} `;
    return new UserError(
      `No evaluator has served ${wanted}for ${this.#timeoutMs / 1000} s: ${this.#fleet.trouble}. To wait longer: --wait 10m.`,
      1,
      { code: "no_evaluator" },
    );
  }
}
