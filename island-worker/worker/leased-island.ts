/**
 * One island while this worker holds it: folds its log, asks it for batches, and repeats each batch until the log
 * contains it. Everything it knows comes from the log; losing the lease loses nothing.
 */

import { MalformedReply, RemoteError } from "@kevo/core/bus/errors.ts";
import { acquireShared } from "@kevo/core/host-lock/host-lock.ts";
import { retry } from "@kevo/core/retry/retry.ts";
import type { Carrier } from "@kevo/core/telemetry/channel.ts";
import { proposesInTurn } from "@kevo/proto/backend-name.ts";
import type { LogEntry, Proposal } from "@kevo/proto/log.ts";
import { type BatchRefusal, type BatchReply, type BatchRequest, batchReply } from "@kevo/proto/messages/batch.ts";
import type { Control } from "@kevo/proto/messages/control.ts";
import { leaseReply } from "@kevo/proto/messages/lease.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { isNewTo } from "../evolution/ask.ts";
import { leavesBudgetToOthers } from "../evolution/budget-allocation.ts";
import { applyEntry, ask, diversityOf, elitesOf, type Island, openIsland } from "../evolution/island.ts";
import { batchSent, batchSettled, leaseChanged } from "../telemetry/channels.ts";
import { AskedMigration } from "./asked-migration.ts";
import { migrantsFor } from "./migrant-inbox.ts";
import type { SessionState } from "./session-state.ts";

const REQUEST_MS = 2_000;
/** How long to wait for an event before looking again all the same: messages may be lost. */
const LOOK_AGAIN_MS = 500;
/** The budget is left to an island only if its log grew within this time: an island without a worker never ends. */
const OTHERS_TIMEOUT_MS = 10_000;
/** Pause between tries while the coordinator or NATS is away. */
const RETRY_MS = 200;
const CALLS_IN_A_BATCH = 64;

type BatchAnswer = BatchReply["status"] | BatchRefusal | "given_up";

export class LeasedIsland {
  readonly index: number;
  readonly #session: SessionState;
  readonly #epoch: number;
  readonly #secret: string | undefined;
  /** The log's tail when the lease was granted: asking before it is folded would repeat old batches. */
  readonly #leaseTail: number;
  #island: Island | null = null;
  #nextBatch = 0;
  #lost = false;
  #elitesSent = { k: -1, at: 0 };
  readonly #askedMigration: AskedMigration;
  /** Number of the newest entry with a migrant. */
  #newestMigrant = -1;
  readonly #outstanding = new Set<string>();

  constructor(
    session: SessionState,
    grant: { island: number; epoch: number; tail: number; secret?: string | undefined },
    past: readonly LogEntry[],
  ) {
    this.#session = session;
    this.index = grant.island;
    this.#askedMigration = new AskedMigration(grant.island);
    this.#epoch = grant.epoch;
    this.#secret = grant.secret;
    this.#leaseTail = grant.tail;
    for (const entry of past) this.apply(entry);
  }

  /** The island's next entry, in order. */
  apply(entry: LogEntry): void {
    if (entry.type === "opened") {
      this.#island = openIsland(this.#session.space, entry);
      return;
    }
    if (this.#island === null) throw new Error(`the log of island ${this.index} does not start with "opened"`);
    applyEntry(this.#island, entry);
    if (entry.type === "asked") {
      this.#nextBatch = entry.k + 1;
      for (const { id } of entry.candidates) this.#outstanding.add(id);
      if (entry.candidates.some(({ proposer }) => proposer === "migrant")) this.#newestMigrant = entry.n;
    } else this.#outstanding.delete(entry.candidate);
  }

  /** Asks and sends until the lease is lost or the session ends. Never throws. */
  async hold(ttlMs: number, signal: AbortSignal): Promise<void> {
    const renewal = setInterval(() => void this.#renew(), ttlMs / 4);
    const { run } = this.#session.spec;
    leaseChanged.send({ run, island: this.index, held: true });
    try {
      while (!this.#lost && !signal.aborted) await this.#step(signal);
    } finally {
      clearInterval(renewal);
      leaseChanged.send({ run, island: this.index, held: false });
    }
    if (!this.#lost) await this.#lease("release").catch(() => {});
  }

  async #step(signal: AbortSignal): Promise<void> {
    const session = this.#session;
    const { spec, advisor } = session;
    const island = this.#island;
    if (island !== null) this.#hearOfMigration(island);
    const count = this.#room();
    const asked = this.#askedMigration.isDue;
    const migrants =
      island === null || count === 0
        ? null
        : migrantsFor(session, this.index, this.#nextBatch, asked ? isNewTo(island) : null);
    if (island === null || count === 0 || migrants === null) {
      if (island !== null && this.#caughtUp()) this.#sendElites(island);
      await session.changes.next(LOOK_AGAIN_MS);
      return;
    }
    this.#sendElites(island);
    const k = this.#nextBatch;
    if (spec.sync) await advisor?.await(this.index, k, count, signal);
    const proposals = await this.#quietly(signal, () => {
      if (!spec.sync) advisor?.consider(this.index, k, count, signal);
      const suggestions = advisor?.suggestions(this.index) ?? [];
      const room = advisor?.classicalRoom(this.index) ?? count;
      // With --sync all answers have arrived: without one, an empty generation would mean that nothing is left.
      const classical = spec.sync && suggestions.length === 0 && room === 0 ? count : room;
      return ask(island, session.knowledge, { k, count, classical, migrants, suggestions });
    });
    if (proposals?.length === 0 && !spec.sync && advisor?.hopeful(this.index)) {
      // Nothing now; a model may bring something.
      advisor.consider(this.index, k, count, signal, true);
      await session.changes.next(LOOK_AGAIN_MS);
      return;
    }
    if (proposals === null) return;
    const answer = await this.#send(k, proposals, diversityOf(island), signal);
    const hasMigrated = answer === "accepted" && proposals.some(({ proposer }) => proposer === "migrant");
    if (asked) this.#askedMigration.answered(hasMigrated);
  }

  /** How many candidates may be proposed now; 0 says wait. */
  #room(): number {
    const { control, spec } = this.#session;
    if (control === null || control.state !== "running" || !this.#caughtUp()) return 0;
    if (spec.sync) return this.#generationComplete() ? spec.batch_size : 0;
    // Its turn comes when the results before it are known; they may arrive after the turn.
    if (proposesInTurn(spec.backend) && !this.#knowsAll(control)) return 0;
    const room = Math.max(0, (control.windows[this.index] ?? 0) - this.#outstanding.size);
    return room > 0 && this.#waitsForOthers(control) ? 0 : room;
  }

  #waitsForOthers({ windows }: Control): boolean {
    const { knowledge, newsAt } = this.#session;
    const since = performance.now() - OTHERS_TIMEOUT_MS;
    const goesOn = (island: number) => (windows[island] ?? 0) > 0 && (newsAt[island] ?? 0) > since;
    return leavesBudgetToOthers(knowledge, this.index, goesOn);
  }

  #caughtUp(): boolean {
    return this.#session.reader.tail(this.index) >= this.#leaseTail;
  }

  /**
   * With --sync everything up to the last generation's end must be known, of every island, and nothing else can
   * be: the next generation is not accepted before this island's batch is in.
   */
  #generationComplete(): boolean {
    const { control, reader } = this.#session;
    if (control === null || this.#outstanding.size > 0) return false;
    const fresh = control.tails[this.index] === reader.tail(this.index);
    return fresh && this.#knowsAll(control);
  }

  #knowsAll({ tails }: Control): boolean {
    return tails.every((tail, island) => this.#session.reader.tail(island) >= tail);
  }

  /** On the CPU backend nothing computes while something is timed, so asking waits for the host's quiet lock. */
  async #quietly(signal: AbortSignal, work: () => Proposal[]): Promise<Proposal[] | null> {
    if (this.#session.spec.backend !== "cpu") return work();
    try {
      using _quiet = await acquireShared("quiet", signal);
      return work();
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }

  async #send(k: number, proposals: Proposal[], diversity: number, signal: AbortSignal): Promise<BatchAnswer> {
    const { run } = this.#session.spec;
    const id = { run, island: this.index, k };
    const carrier: Carrier = {};
    const startedAt = performance.now();
    if (batchSent.heard) batchSent.send({ ...id, proposers: proposals.map(({ proposer }) => proposer), carrier });
    const answer = await this.#repeat(k, proposals, diversity, signal, carrier);
    const seconds = (performance.now() - startedAt) / 1000;
    if (batchSettled.heard) batchSettled.send({ ...id, answer, proposals: proposals.length, seconds });
    return answer;
  }

  /** Repeats batch k until the log contains it or it is refused; says which. */
  async #repeat(
    k: number,
    proposals: Proposal[],
    diversity: number,
    signal: AbortSignal,
    carrier: Carrier,
  ): Promise<BatchAnswer> {
    const { bus, changes, name, spec, advisor, evolvedSources } = this.#session;
    const written = evolvedSources?.of(proposals) ?? {};
    const calls = advisor?.endedCalls(this.index).slice(0, CALLS_IN_A_BATCH) ?? [];
    const request: BatchRequest = {
      v: WIRE_VERSION,
      worker: name,
      island: this.index,
      epoch: this.#epoch,
      secret: this.#secret,
      k,
      proposals,
      diversity,
      ...(calls.length > 0 && { calls }),
      ...(Object.keys(written).length > 0 && { sources: written }),
    };
    while (this.#nextBatch === k && !this.#lost && !signal.aborted) {
      const reply = await retry(() => bus.request(subjects.batch(spec.run), request, batchReply, REQUEST_MS, carrier), {
        waitMs: (error) => {
          // A batch that the coordinator cannot read will not become readable.
          if (error instanceof RemoteError || error instanceof MalformedReply) this.#lost = true;
          return this.#nextBatch === k && !this.#lost ? RETRY_MS : null;
        },
        signal,
      }).catch(() => null);
      if (reply === null) return "given_up";
      if (reply.status === "refused") {
        if (reply.refusal === "stale_epoch") this.#lost = true;
        else await changes.next(LOOK_AGAIN_MS);
        return reply.refusal ?? "refused";
      }
      // An island with nothing left to propose has no entry to wait for.
      if (proposals.length === 0 && reply.status === "accepted") {
        await changes.next(LOOK_AGAIN_MS);
        return "accepted";
      }
      const deadline = performance.now() + LOOK_AGAIN_MS;
      while (this.#nextBatch === k && !signal.aborted && performance.now() < deadline) {
        await changes.next(LOOK_AGAIN_MS);
      }
      if (this.#island !== null) this.#sendElites(this.#island, k);
    }
    return this.#nextBatch > k ? "accepted" : "given_up";
  }

  /**
   * At a migration's batch number, tells the others of this island's best. Repeated now and then while the batch
   * waits, because a message may be lost; repeating it changes nothing.
   */
  #sendElites(island: Island, k = this.#nextBatch): void {
    const { spec } = this.#session;
    if (k === 0 || k % spec.migrate_every !== 0 || spec.migrants === 0) return;
    if (spec.sync && this.#outstanding.size > 0) return;
    const now = performance.now();
    if (this.#elitesSent.k === k && now - this.#elitesSent.at < LOOK_AGAIN_MS) return;
    this.#elitesSent = { k, at: now };
    this.#publishElites(island, k);
  }

  /** A person wants a migration now. Islands that have found the same best have others to offer. */
  #hearOfMigration(island: Island): void {
    const { control, spec } = this.#session;
    if (control === null || spec.sync || spec.migrants === 0) return;
    this.#askedMigration.hear(control, this.#newestMigrant);
    if (this.#askedMigration.offers()) this.#publishElites(island, this.#nextBatch, island.population.length);
  }

  #publishElites(island: Island, k: number, count = this.#session.spec.migrants): void {
    const { spec, bus } = this.#session;
    const elites = elitesOf(island, count);
    if (elites.length === 0 && !spec.sync) return;
    bus.publish(subjects.elites(spec.run, this.index), {
      v: WIRE_VERSION,
      run: spec.run,
      island: this.index,
      k,
      elites,
    });
  }

  async #renew(): Promise<void> {
    try {
      const reply = await this.#lease("renew");
      if (reply.status === "lost") {
        this.#lost = true;
        this.#session.changes.notify();
      }
    } catch {
      // The coordinator is unreachable. The epoch protects the log; this island continues when it is back.
    }
  }

  #lease(type: "renew" | "release") {
    const { bus, name, spec } = this.#session;
    const request = {
      v: WIRE_VERSION,
      type,
      worker: name,
      island: this.index,
      epoch: this.#epoch,
      secret: this.#secret,
    };
    return bus.request(subjects.lease(spec.run), request, leaseReply, REQUEST_MS);
  }
}
