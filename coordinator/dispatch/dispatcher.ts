/**
 * Sends stored candidates to evaluators and brings their results to the ledger. Execution is at least once: an
 * attempt that is lost is made again; the ledger counts each candidate exactly once.
 */

import type { Carrier } from "@kevo/core/telemetry/channel.ts";
import type { AttemptEnd, StageName } from "@kevo/proto/attempt.ts";
import { isWithoutCode } from "@kevo/proto/backend-name.ts";
import type { EvaluatorFault } from "@kevo/proto/evaluator-fault.ts";
import type { EvaluateRequest } from "@kevo/proto/evaluator-service.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import canonicalize from "canonicalize";
import type { IslandLedger } from "../ledger/island-ledger.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { AcceptedCandidate, EvaluationRecord } from "../ledger/records.ts";
import { type AttemptId, attemptEnded, attemptStarted, evaluationCounted } from "../telemetry/channels.ts";
import { type Charge, type Death, earlierCharges, judge, MAX_EXCUSED, Mortality } from "./blame.ts";
import { backstopMs, type CallEnd, type EvaluatorLink } from "./evaluator-link.ts";
import { inputSeedOf } from "./input-seed.ts";
import { DispatchPlan, type EvaluatorSlot, type Task } from "./plan.ts";
import { recordOf, recordWithoutResult } from "./result.ts";

/** How long an evaluator that refused is left alone, milliseconds. */
const REST_MS = 20;
/** The same for one that drains or is quarantined, which its next description tells. */
const AWAY_MS = 500;
/** The same for one whose machine was too busy to measure on. */
const BUSY_MS = 3_000;

interface Attempting {
  readonly candidate: AcceptedCandidate;
  readonly workloads: readonly string[];
  attempts: number;
  /** The evaluators that died while they had it. */
  readonly charges: Charge[];
  /** How often evaluators that had been told to end handed it back after it had begun. */
  handedBack: number;
  /** A finalist's re-measurement: its round, and who waits for it. */
  readonly remeasurement: { readonly round: number; readonly done: (record: EvaluationRecord) => void } | null;
}

/** An evaluator was lost; the other attempts that it had then are lost with it. */
interface Loss {
  readonly at: number;
  readonly alone: boolean;
  death: Death | null;
}

export interface DispatcherListener {
  /** An evaluator cannot run this kernel. */
  onUnusable(evaluator: string, fault: EvaluatorFault | null, why: string): void;
  /** An attempt was lost. Its evaluator gets nothing more before `answered` says that it is there. */
  onLost(evaluator: string, candidate: string, why: string): void;
  /** An evaluator's machine was too busy to measure on; the candidate is tried again. */
  onBusy(evaluator: string, why: string): void;
  /** A candidate has a result. */
  onResult(): void;
}

export class Dispatcher {
  readonly #spec: RunSpec;
  readonly #ledger: Ledger;
  readonly #listener: DispatcherListener;
  readonly #plan = new DispatchPlan<Attempting>();
  readonly #links = new Map<string, EvaluatorLink>();
  readonly #mortality = new Mortality();
  /** By the evaluator's id, until it answers. */
  readonly #losses = new Map<string, Loss>();
  #stopped = false;
  #wake: NodeJS.Timeout | null = null;
  /** Attempts in progress, so that a stop can wait for their ends to be stored. */
  readonly #running = new Map<Promise<void>, EvaluatorLink>();

  constructor(spec: RunSpec, ledger: Ledger, listener: DispatcherListener) {
    this.#spec = spec;
    this.#ledger = ledger;
    this.#listener = listener;
  }

  get slots(): Iterable<EvaluatorSlot> {
    return this.#plan.slots;
  }

  /** Candidates that no evaluator has, by the device model that they are limited to. */
  get waiting(): ReadonlyMap<string | null, number> {
    return this.#plan.waitingByModel();
  }

  /** Candidates that evaluators have. */
  get inFlight(): number {
    return this.#running.size;
  }

  join(id: string, link: EvaluatorLink, credits: number, deviceModels: readonly string[]): EvaluatorSlot {
    this.#links.set(id, link);
    const slot = this.#plan.join(id, credits, deviceModels);
    this.#mortality.joined(performance.now());
    this.#pump();
    return slot;
  }

  leave(id: string): void {
    if (this.#links.delete(id)) this.#mortality.left(performance.now());
    this.#plan.leave(id);
  }

  /** This evaluator has answered what it was asked at this time. */
  answered(slot: EvaluatorSlot, askedAt: number): void {
    const loss = this.#losses.get(slot.id);
    if (loss === undefined || loss.at > askedAt) return;
    // It did not die: the connection did.
    if (loss.death !== null) this.#mortality.excuse(loss.death);
    this.#losses.delete(slot.id);
    slot.silent = false;
    this.#pump();
  }

  add(candidates: readonly AcceptedCandidate[]): void {
    for (const candidate of candidates) this.#enqueue(candidate, null);
    this.#pump();
  }

  /** Measures a finalist again on fresh inputs. Resolves with what the evaluator found; nothing is counted. */
  remeasure(candidate: AcceptedCandidate, round: number): Promise<EvaluationRecord> {
    return new Promise((done) => {
      this.#enqueue(candidate, { round, done });
      this.#pump();
    });
  }

  /** Looks for work again, after something outside changed (an evaluator serves again). */
  wake(): void {
    this.#pump();
  }

  /** Starts no more attempts, cancels those in progress, and waits until that is stored. Open candidates stay open. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#wake !== null) clearTimeout(this.#wake);
    this.#plan.clear();
    for (const link of this.#running.values()) link.cancelAll();
    await Promise.allSettled(this.#running.keys());
  }

  #enqueue(candidate: AcceptedCandidate, remeasurement: Attempting["remeasurement"]): void {
    const niche = this.#spec.islands[candidate.island]?.niche;
    // A re-measurement starts afresh: the attempts and deaths before the candidate was counted do not matter.
    const past = remeasurement === null ? this.#ledger.pastAttempts(candidate.id) : { attempts: 0, deaths: 0 };
    const job: Attempting = {
      candidate,
      workloads: niche?.workloads ?? this.#spec.workloads,
      attempts: past.attempts,
      charges: earlierCharges(past.deaths),
      handedBack: 0,
      remeasurement,
    };
    const alone = judge(job.charges, this.#mortality, performance.now()) !== "again";
    this.#plan.add({ job, island: candidate.island, deviceModel: niche?.device ?? null, alone });
  }

  #pump(): void {
    while (!this.#stopped) {
      const next = this.#plan.next(performance.now());
      if (next === null) break;
      const link = this.#links.get(next.slot.id) as EvaluatorLink;
      const attempt = this.#attempt(next.task, next.slot, link).finally(() => this.#running.delete(attempt));
      this.#running.set(attempt, link);
    }
    if (this.#stopped || this.#plan.waiting === 0 || this.#wake !== null) return;
    // Only a resting evaluator needs the clock; everything else wakes the pump itself.
    const now = performance.now();
    const rests = [...this.#plan.slots].flatMap(({ serving, restsUntil }) =>
      serving && restsUntil > now ? [restsUntil - now] : [],
    );
    if (rests.length === 0) return;
    this.#wake = setTimeout(
      () => {
        this.#wake = null;
        this.#pump();
      },
      Math.max(REST_MS, Math.min(...rests)),
    );
  }

  async #attempt(task: Task<Attempting>, slot: EvaluatorSlot, link: EvaluatorLink): Promise<void> {
    const { job } = task;
    job.attempts++;
    const number = job.attempts;
    let stage: StageName | null = null;
    if (job.remeasurement === null) this.#ledger.startAttempt(job.candidate.id, number, slot.id);
    const onStage = (reached: StageName) => {
      stage = reached;
    };
    const purpose = job.remeasurement === null ? "search" : "finalist";
    const id: AttemptId = { candidate: job.candidate.id, attempt: number, evaluator: slot.id, purpose };
    const carrier: Carrier = {};
    const startedAt = performance.now();
    attemptStarted.send({ ...id, carrier });
    const end = await link.evaluate(this.#request(job, number), onStage, backstopMs(this.#spec.backend), carrier);
    if (attemptEnded.heard) {
      attemptEnded.send({ ...id, end: end.kind, stage, seconds: (performance.now() - startedAt) / 1000 });
    }
    const charge = this.#chargeOf(slot, end, stage, startedAt);
    slot.inFlight--;
    slot.alone = false;
    if (end.kind !== "refused" || !slot.serving) this.#pump();
    await this.#ended(task, slot, number, end, stage, charge);
    this.#pump();
  }

  /** Null where it is no death, or one of which the candidate knows nothing: it had not reached the evaluator. */
  #chargeOf(slot: EvaluatorSlot, end: CallEnd, stage: StageName | null, startedAt: number): Charge | null {
    if (this.#stopped || (end.kind !== "lost" && end.kind !== "cancelled")) return null;
    const now = performance.now();
    const ms = now - startedAt;
    if (end.kind === "lost" && end.alive) {
      return stage === null ? null : { death: { alone: true, certain: true, excused: false }, ms };
    }
    slot.silent = true;
    let loss = this.#losses.get(slot.id);
    if (loss === undefined || loss.at < startedAt) {
      loss = { at: now, alone: slot.inFlight === 1, death: null };
      this.#losses.set(slot.id, loss);
    }
    // Without a stage it may have ended before.
    if (stage === null) return null;
    if (loss.death === null) {
      loss.death = this.#mortality.died(loss.alone);
      if (slot.leaving) this.#mortality.excuse(loss.death);
    }
    return { death: loss.death, ms };
  }

  async #ended(
    task: Task<Attempting>,
    slot: EvaluatorSlot,
    number: number,
    end: CallEnd,
    stage: StageName | null,
    charge: Charge | null,
  ): Promise<void> {
    const { job } = task;
    const { id } = job.candidate;
    switch (end.kind) {
      case "result":
        return this.#deliver(job, this.#recordOf(job, number, slot.id, end), stage);
      case "rejected":
        return this.#deliver(job, recordWithoutResult(id, number, slot.id, "invalid", end.why), stage);
      case "cancelled":
        if (this.#stopped) return this.#forget(job, number, stage, "cancelled");
        break;
      case "refused":
        // Another coordinator took the credit, or the daemon drains: rest, then try again, here or on another evaluator.
        slot.restsUntil =
          performance.now() + (end.fault === "draining" || end.fault === "quarantined" ? AWAY_MS : REST_MS);
        if (stage !== null && end.fault === "draining" && ++job.handedBack > MAX_EXCUSED) {
          const why = `evaluators ended ${job.handedBack} times while they had this candidate: ${end.why}`;
          return this.#deliver(job, recordWithoutResult(id, number, slot.id, "crashed", why), stage);
        }
        await this.#forget(job, number, stage, "refused");
        this.#plan.add(task, true);
        return;
      case "busy":
        slot.restsUntil = performance.now() + BUSY_MS;
        this.#listener.onBusy(slot.id, end.why);
        await this.#forget(job, number, stage, "refused");
        this.#plan.add(task, true);
        return;
      case "unusable":
        slot.serving = false;
        this.#listener.onUnusable(slot.id, end.fault, end.why);
        await this.#forget(job, number, stage, "refused");
        this.#plan.add(task, true);
        return;
      case "lost":
        break;
    }
    const why = end.kind === "cancelled" ? "the evaluator cancelled the call" : end.why;
    this.#listener.onLost(slot.id, id, why);
    if (charge !== null) job.charges.push(charge);
    const verdict = judge(job.charges, this.#mortality, performance.now());
    await this.#forget(job, number, stage, "evaluator_lost");
    if (verdict !== "guilty" || charge === null) {
      this.#plan.add({ ...task, alone: verdict !== "again" }, true);
      return;
    }
    // What it did is no sign of how long evaluators live, and not another candidate's doing.
    for (const { death } of job.charges) this.#mortality.excuse(death);
    const times = job.charges.length;
    const message = `evaluators died ${times} times while they had this candidate, the last time with this candidate alone: ${why}`;
    return this.#deliver(job, recordWithoutResult(id, number, slot.id, "crashed", message), stage);
  }

  #recordOf(job: Attempting, number: number, evaluator: string, end: CallEnd & { kind: "result" }): EvaluationRecord {
    const { id } = job.candidate;
    const record = recordOf(id, number, evaluator, job.workloads, end.result);
    if (!("malformed" in record)) return record;
    return recordWithoutResult(
      id,
      number,
      evaluator,
      "crashed",
      `the evaluator's answer is malformed: ${record.malformed}`,
    );
  }

  async #deliver(job: Attempting, record: EvaluationRecord, stage: StageName | null): Promise<void> {
    this.#listener.onResult();
    if (job.remeasurement === null) {
      const arrivedAt = performance.now();
      const counted = await this.#ledger.settle(record, stage);
      if (counted && evaluationCounted.heard) {
        const { candidate, attempt, outcome } = record;
        evaluationCounted.send({ candidate, attempt, outcome, seconds: (performance.now() - arrivedAt) / 1000 });
      }
      return;
    }
    if (record.outcome === "ok") {
      await this.#ledger.remeasured(record.candidate, job.remeasurement.round, record.measurements);
      const { candidate, conditions } = record;
      if (conditions != null)
        await this.#ledger.event("measured_under", `${candidate} was measured again`, { candidate, conditions });
    }
    job.remeasurement.done(record);
  }

  async #forget(
    job: Attempting,
    number: number,
    stage: StageName | null,
    end: Exclude<AttemptEnd, "result" | "coordinator_lost">,
  ): Promise<void> {
    if (job.remeasurement === null) await this.#ledger.endAttempt(job.candidate.id, number, stage, end);
  }

  #request({ candidate, workloads, remeasurement }: Attempting, attempt: number): EvaluateRequest {
    const spec = this.#spec;
    const { state } = this.#ledger;
    const island = state.islands[candidate.island] as IslandLedger;
    const leader = state.leaders.ofNiche(island.nicheKey);
    return {
      candidate: candidate.id,
      attempt,
      kernel: spec.kernel.hash,
      configJson: canonicalize(candidate.config) as string,
      source: candidate.source ?? "",
      workloads: [...workloads],
      effort: spec.effort,
      purpose: remeasurement === null ? "SEARCH" : "FINALIST",
      inputSeed: inputSeedOf(spec.seed, candidate.id, remeasurement?.round ?? 0),
      deviceModel: island.niche.device ?? "",
      // Without code fitness is not a speedup, and nothing is stopped early.
      ...(leader !== undefined && !isWithoutCode(spec.backend) && { bestSpeedup: leader.fitness }),
      neverStopEarly: spec.search === "exhaustive",
    };
  }
}
