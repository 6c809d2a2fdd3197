/**
 * The generations of a run with --sync. A generation's batches are accepted together, in island order, and its results
 * enter the logs together, sorted, once all are in. Nothing then depends on who was faster.
 */
import type { BatchRequest } from "@kevo/proto/messages/batch.ts";
import { splitCandidateId } from "./island-ledger.ts";
import type { Answer } from "./verdict.ts";

export class Generations {
  /** The newest batch of each island that waits for the other islands. */
  readonly #held = new Map<number, BatchRequest>();
  /** Results that wait for their generation's end. */
  readonly #answers = new Map<string, Answer>();

  /** Whether the logs contain every result. */
  get isLogged(): boolean {
    return this.#answers.size === 0;
  }

  hold(request: BatchRequest): void {
    this.#held.set(request.island, request);
  }

  /**
   * Takes out the batches of generation `k`, in island order.
   * @returns null while an island's is missing.
   */
  take(k: number, islands: number): BatchRequest[] | null {
    const requests = Array.from({ length: islands }, (_, island) => this.#held.get(island));
    if (!requests.every((request) => request?.k === k)) return null;
    this.#held.clear();
    return requests as BatchRequest[];
  }

  keep(candidate: string, answer: Answer): void {
    this.#answers.set(candidate, answer);
  }

  /** Takes out the generation's results, in the order of islands, batches and places in the batch. */
  close(): [candidate: string, Answer][] {
    const sorted = [...this.#answers].sort(([a], [b]) => {
      const left = splitCandidateId(a);
      const right = splitCandidateId(b);
      return left.island - right.island || left.batch - right.batch || left.index - right.index;
    });
    this.#answers.clear();
    return sorted;
  }
}
