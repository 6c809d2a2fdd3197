/** Notices that a run has stalled, and says why. Decides without I/O. */

export interface Movement {
  /** Grows with everything that happens: candidates accepted and settled, attempts started. */
  readonly progress: number;
  /** Candidates with evaluators. */
  readonly outstanding: number;
  readonly connected: boolean;
  /** Why the logs cannot be published; null when they can. */
  readonly logTrouble: string | null;
  /** The reason why no candidate is evaluated; null while one is. */
  readonly evaluatorTrouble: string | null;
  /** Islands that a worker holds now. */
  readonly leased: number;
  /** Why the last batch was refused; null when it was taken. */
  readonly refusal: string | null;
  /** Answers of models may be awaited, which takes long. */
  readonly awaitsModels: boolean;
  /** Programs that this run started itself are on their way: an evaluator first measures its machine. */
  readonly starting: boolean;
  /** A person wants nothing to happen. */
  readonly paused: boolean;
}

/** So that it is said within ten seconds. */
const STILL_MS = 8_000;
/** While the run's own programs start; one that ends is told of at once. */
const STARTING_MS = 30_000;

export class StallWatch {
  #progress = -1;
  #movedAt = 0;
  #said = false;

  /** @returns what to say, once for each stall */
  look(now: number, movement: Movement): string | null {
    if (movement.paused || movement.progress !== this.#progress) {
      this.#progress = movement.progress;
      this.#movedAt = now;
      this.#said = false;
      return null;
    }
    const still = now - this.#movedAt;
    if (this.#said || still < (movement.starting ? STARTING_MS : STILL_MS)) return null;
    const why = reasonOf(movement);
    if (why === null) return null;
    this.#said = true;
    const what = movement.starting ? "the run is still starting after" : "nothing has happened for";
    return `${what} ${Math.round(still / 1000)} s: ${why}`;
  }
}

function reasonOf(movement: Movement): string | null {
  const { connected, logTrouble, evaluatorTrouble, leased, refusal, outstanding, awaitsModels } = movement;
  if (!connected) return "the NATS server does not answer";
  if (logTrouble !== null) return `the logs cannot be published (${logTrouble})`;
  if (evaluatorTrouble !== null) return `the run waits for evaluators (${evaluatorTrouble})`;
  // An evaluation may take long.
  if (outstanding > 0) return null;
  if (leased === 0) return "no island-worker has leased an island. Start one, or check why it ended";
  if (refusal !== null) return `the batches from the island-workers are refused (${refusal})`;
  return awaitsModels ? null : "the island-workers have leased islands but propose nothing. Check their standard error";
}
