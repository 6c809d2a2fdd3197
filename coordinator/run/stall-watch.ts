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
}

/** So that it is said within ten seconds. */
const STILL_MS = 8_000;

export class StallWatch {
  #progress = -1;
  #movedAt = 0;
  #said = false;

  /** @returns what to say, once for each stall */
  look(now: number, movement: Movement): string | null {
    if (movement.progress !== this.#progress) {
      this.#progress = movement.progress;
      this.#movedAt = now;
      this.#said = false;
      return null;
    }
    if (this.#said || now - this.#movedAt < STILL_MS) return null;
    const why = reasonOf(movement);
    if (why === null) return null;
    this.#said = true;
    return `nothing has happened for ${Math.round((now - this.#movedAt) / 1000)} s: ${why}`;
  }
}

function reasonOf(movement: Movement): string | null {
  const { connected, logTrouble, evaluatorTrouble, leased, refusal, outstanding, awaitsModels } = movement;
  if (!connected) return "the NATS server does not answer";
  if (logTrouble !== null) return `the logs cannot be published (${logTrouble})`;
  if (evaluatorTrouble !== null) return `no evaluator is available (${evaluatorTrouble})`;
  // An evaluation may take long.
  if (outstanding > 0) return null;
  if (leased === 0) return "no island-worker has leased an island. Start one, or check why it ended";
  if (refusal !== null) return `the batches from the island-workers are refused (${refusal})`;
  return awaitsModels ? null : "the island-workers have leased islands but propose nothing. Check their standard error";
}
