/**
 * The run's dollars and its calls of language models. The transaction that takes from the budget counts the rest from
 * the rows themselves: an unsettled reservation counts in full, also after a restart.
 */
import type { CallRecord, Reservation } from "@kevo/proto/model-call.ts";
import { and, eq, isNull } from "drizzle-orm";
import type { LineageDatabase } from "../lineage/database.ts";
import { answeredCall } from "../lineage/queries/calls.ts";
import { spentUsd } from "../lineage/queries/spend.ts";
import { modelCalls } from "../lineage/schema.ts";

export interface Granted {
  readonly granted: boolean;
  readonly committedUsd: number;
  /** The id is in use: for the same question of this run, or for something else. */
  readonly known: "same" | "another" | null;
}

export class ModelLedger {
  readonly budgetUsd: number;
  readonly #db: LineageDatabase;
  readonly #run: string;
  /** Runs work inside the next commit and resolves once it is on the disk. */
  readonly #write: <T>(work: () => T) => Promise<T>;

  constructor(db: LineageDatabase, run: string, budgetUsd: number, write: <T>(work: () => T) => Promise<T>) {
    this.#db = db;
    this.#run = run;
    this.budgetUsd = budgetUsd;
    this.#write = write;
  }

  /** Settled cost plus the worst case of the unsettled calls, dollars. */
  get committedUsd(): number {
    return spentUsd(this.#db, this.#run);
  }

  isReserved(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  /** Takes the call's worst case where it fits. The same reservation again changes nothing, and is granted again. */
  reserve(wanted: Reservation): Promise<Granted> {
    return this.#write(() => {
      const committedUsd = this.committedUsd;
      const known = this.#find(wanted.id);
      if (known !== undefined) {
        const isSame = known.run === this.#run && known.hash === wanted.hash;
        return { granted: isSame, committedUsd, known: isSame ? "same" : "another" };
      }
      if (committedUsd + wanted.usd > this.budgetUsd) return { granted: false, committedUsd, known: null };
      this.#db
        .insert(modelCalls)
        .values({
          id: wanted.id,
          run: this.#run,
          island: wanted.island,
          proposer: wanted.proposer,
          variant: wanted.variant,
          model: wanted.model,
          promptHash: wanted.hash,
          reservedUsd: wanted.usd,
          createdAt: Date.now(),
        })
        .run();
      return { granted: true, committedUsd: committedUsd + wanted.usd, known: null };
    });
  }

  /** Writes the cost of a call, even above its reservation. The first known cost is kept. */
  settle(id: string, usd: number | null): Promise<void> {
    return this.#write(() => {
      if (usd === null) return;
      this.#db
        .update(modelCalls)
        .set({ costUsd: usd })
        .where(and(eq(modelCalls.id, id), eq(modelCalls.run, this.#run), isNull(modelCalls.costUsd)))
        .run();
    });
  }

  /** Completes a reserved call, or stores one without a reservation (a replayed one). The first record is kept. */
  record(call: CallRecord): Promise<void> {
    return this.#write(() => {
      const known = this.#find(call.id);
      const what = {
        variant: call.variant,
        answeredBy: call.answered_by,
        prompt: JSON.stringify(call.messages),
        answer: call.answer,
        promptTokens: call.prompt_tokens,
        completionTokens: call.completion_tokens,
        reasoningTokens: call.reasoning_tokens,
        latencyMs: call.latency_ms,
        outcome: call.outcome,
        error: call.error,
        attempt: call.attempt,
        retried: call.retried,
        replayed: call.replayed,
      };
      if (known !== undefined) {
        if (known.run !== this.#run || known.outcome !== null) return;
        const costUsd = known.costUsd ?? call.cost_usd;
        this.#db
          .update(modelCalls)
          .set({ ...what, costUsd })
          .where(eq(modelCalls.id, call.id))
          .run();
        return;
      }
      this.#db
        .insert(modelCalls)
        .values({
          ...what,
          id: call.id,
          run: this.#run,
          island: call.island,
          proposer: call.proposer,
          model: call.model,
          promptHash: call.hash,
          reservedUsd: call.reserved_usd,
          costUsd: call.cost_usd,
          createdAt: call.created_at,
        })
        .run();
    });
  }

  answered(hash: string): CallRecord | null {
    return answeredCall(this.#db, this.#run, hash);
  }

  #find(id: string) {
    return this.#db
      .select({
        run: modelCalls.run,
        hash: modelCalls.promptHash,
        outcome: modelCalls.outcome,
        costUsd: modelCalls.costUsd,
      })
      .from(modelCalls)
      .where(eq(modelCalls.id, id))
      .get();
  }
}
