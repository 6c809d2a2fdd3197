/**
 * Takes evaluations through their stages: asks the scheduler what may start, lets the backend do it, reports
 * back. Everything with a side effect (processes, locks, clocks) is here; every decision is in scheduler.ts.
 */
import { acquireExclusive, acquireShared } from "@kevo/core/host-lock/host-lock.ts";
import type { Logger } from "@kevo/core/logging/logger.ts";
import type { StageName } from "@kevo/proto/attempt.ts";
import { isWithoutCode } from "@kevo/proto/backend-name.ts";
import type { Result } from "@kevo/proto/evaluator-service.ts";
import { type Artifact, type Backend, type Failure, isFailure, type Job, type Measured } from "../backends/backend.ts";
import { Refusal } from "./refusal.ts";
import { resultMessage } from "./result.ts";
import { type Rejection, Scheduler, type Ticket } from "./scheduler.ts";
import { withLimit } from "./stage-limit.ts";

/** Backstops behind the backend's own, tighter limits, milliseconds; each starts when its stage starts. */
export interface StageLimits {
  readonly compileMs: number;
  readonly laneMs: number;
}
const DEFAULT_LIMITS: StageLimits = { compileMs: 3 * 60_000, laneMs: 10 * 60_000 };

/** A user's function may take days: the longest time that a timer can count. */
const NO_LIMIT_MS = 2 ** 31 - 1;

function limitsOf({ name }: Backend): StageLimits {
  return name === "objective" ? { compileMs: NO_LIMIT_MS, laneMs: NO_LIMIT_MS } : DEFAULT_LIMITS;
}

/** Held while timing where compilers disturb it; shared by all processes that compute for a search on this host. */
const QUIET_LOCK = "quiet";

interface Evaluation {
  readonly job: Job;
  /** Of the caller, or because it is handed back. */
  readonly cancellation: AbortController;
  readonly signal: AbortSignal;
  readonly onStage: (stage: StageName) => void;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
  readonly admittedAt: number;
  artifact: Artifact | null;
  compileMs: number;
}

export interface LaneState {
  readonly state: "idle" | "busy" | "quarantined";
  readonly busyMs: number;
}

export class Daemon {
  readonly backend: Backend;
  readonly startedAt = performance.now();
  readonly #scheduler: Scheduler<Evaluation>;
  readonly #logger: Logger;
  readonly #limits: StageLimits;
  /** Neither a simulated device nor the user's own process is shared: they need no lock. */
  readonly #locksDevices: boolean;
  readonly #busyMs: number[];
  /** Start of the current measurement; null while the lane waits, for work or for a lock. */
  readonly #busySince: (number | null)[];
  readonly #commonModel: string;
  #finished = 0;
  readonly #tickets = new Set<Ticket<Evaluation>>();
  #onEmpty: (() => void)[] = [];

  constructor(backend: Backend, logger: Logger, limits: StageLimits = limitsOf(backend)) {
    this.backend = backend;
    this.#logger = logger;
    this.#limits = limits;
    this.#locksDevices = !isWithoutCode(backend.name);
    this.#scheduler = new Scheduler({
      lanes: backend.devices.map(({ id, model }) => ({ device: id, model })),
      compileProcesses: backend.compileProcesses,
      alternate: backend.needsQuiet,
      maxTickets: backend.maxAtOnce,
    });
    this.#busyMs = backend.devices.map(() => 0);
    this.#busySince = backend.devices.map(() => null);
    const models = new Set(backend.devices.map(({ model }) => model));
    this.#commonModel = models.size === 1 ? ([...models][0] as string) : "";
    backend.watchHealth?.((device, healthy) => {
      const state = healthy ? "serves again" : "failed its probe and is quarantined";
      logger.warn({ device: backend.devices[device]?.id }, `a device ${state}`);
      this.#scheduler.setHealthy(device, healthy);
      this.#pump();
    });
  }

  get credits(): number {
    return this.#scheduler.credits;
  }

  /** Credits of one run beside the other runs that have work here now. */
  shareOf(run: string): number {
    return this.#scheduler.shareOf(run);
  }

  get inFlight(): number {
    return this.#scheduler.inFlight;
  }

  get draining(): boolean {
    return this.#scheduler.draining;
  }

  lane(index: number): LaneState {
    const state = this.#scheduler.isBusy(index) ? "busy" : "idle";
    const since = this.#busySince[index] ?? null;
    const underWay = since === null ? 0 : performance.now() - since;
    return {
      state: this.#scheduler.isHealthy(index) ? state : "quarantined",
      busyMs: (this.#busyMs[index] as number) + underWay,
    };
  }

  /**
   * One attempt. Resolves with the outcome. Aborting `signal` ends its processes and frees all it held.
   * @throws Refusal when it cannot be taken; the backend's error when the backend itself failed.
   */
  evaluate(job: Job, deviceModel: string, signal: AbortSignal, onStage: (stage: StageName) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const cancellation = new AbortController();
      const evaluation: Evaluation = {
        job,
        cancellation,
        signal: cancellation.signal,
        onStage,
        resolve,
        reject,
        admittedAt: performance.now(),
        artifact: null,
        compileMs: 0,
      };
      const ticket = this.#scheduler.admit(evaluation, runOf(job), deviceModel);
      if (typeof ticket === "string") throw this.#refusal(ticket, deviceModel);
      this.#tickets.add(ticket);
      onStage("QUEUED");
      signal.addEventListener("abort", () => this.#cancel(ticket, signal.reason));
      this.#pump();
    });
  }

  /** A configuration that breaks a constraint: an outcome like any other, without a place in the queue. */
  invalid(message: string): Result {
    if (this.draining) throw this.#refusal("draining", "");
    return resultMessage(
      { outcome: "invalid", message },
      {
        device: null,
        deviceModel: this.#commonModel,
        toolchain: this.backend.toolchain,
        compileMs: 0,
        laneMs: 0,
        queuedMs: 0,
        resources: [],
      },
    );
  }

  /** Takes nothing new from now on; resolves, with how many were finished meanwhile, when nothing is left here. */
  async drain(): Promise<number> {
    this.#scheduler.drain();
    const before = this.#finished;
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    return this.#finished - before;
  }

  /**
   * Returns evaluations to their coordinators, which send them to others: those that have not begun, or all. What runs is
   * ended.
   */
  handBack(which: "waiting" | "all"): void {
    for (const ticket of [...this.#tickets]) {
      if (which === "all" || ticket.stage === "waiting") this.#cancel(ticket, this.#refusal("draining", ticket.model));
    }
  }

  #cancel(ticket: Ticket<Evaluation>, reason: unknown): void {
    ticket.job.cancellation.abort(reason);
    // A stage that runs sees the signal itself and leaves when its processes have ended.
    if (ticket.stage === "waiting" || ticket.stage === "ready") this.#fail(ticket, reason);
  }

  #pump(): void {
    for (const ticket of this.#scheduler.unservable()) this.#fail(ticket, this.#refusal("quarantined", ticket.model));
    for (let ticket = this.#scheduler.next(); ticket !== null; ticket = this.#scheduler.next()) {
      void (ticket.stage === "compiling" ? this.#compile(ticket) : this.#measure(ticket));
    }
  }

  async #compile(ticket: Ticket<Evaluation>): Promise<void> {
    const { job, signal, onStage } = ticket.job;
    try {
      const quiet = this.backend.needsQuiet ? await acquireShared(QUIET_LOCK, signal) : null;
      let compiled: Artifact | Failure;
      const startedAt = performance.now();
      try {
        onStage("COMPILING");
        compiled = await withLimit("compiling", this.#limits.compileMs, signal, (stage) =>
          this.backend.compile(job, stage),
        );
      } finally {
        quiet?.();
        ticket.job.compileMs = performance.now() - startedAt;
      }
      if (!isFailure(compiled)) ticket.job.artifact = compiled;
      signal.throwIfAborted();
      if (isFailure(compiled)) return this.#finish(ticket, compiled, 0);
      this.#scheduler.compiled(ticket);
      this.#pump();
    } catch (error) {
      this.#fail(ticket, error);
    }
  }

  async #measure(ticket: Ticket<Evaluation>): Promise<void> {
    const { lane } = ticket;
    const { job, signal, onStage, artifact } = ticket.job;
    const device = this.backend.devices[lane];
    let laneMs = 0;
    try {
      if (device === undefined || artifact === null) throw new Error("a lane without a device or an executable");
      let found: Measured | Failure;
      const deviceLock = this.#locksDevices ? await acquireExclusive(`device-${device.id}`, signal) : null;
      try {
        const quiet = this.backend.needsQuiet ? await acquireExclusive(QUIET_LOCK, signal) : null;
        const startedAt = performance.now();
        this.#busySince[lane] = startedAt;
        try {
          onStage("VERIFYING");
          found = await withLimit("verifying and timing", this.#limits.laneMs, signal, (stage) =>
            this.backend.measure(artifact, job, device, () => onStage("TIMING"), stage),
          );
        } finally {
          quiet?.();
          laneMs = performance.now() - startedAt;
          this.#busyMs[lane] = (this.#busyMs[lane] as number) + laneMs;
          this.#busySince[lane] = null;
        }
      } finally {
        deviceLock?.();
      }
      signal.throwIfAborted();
      this.#finish(ticket, found, laneMs);
    } catch (error) {
      this.#fail(ticket, error, laneMs);
    }
  }

  #finish(ticket: Ticket<Evaluation>, found: Measured | Failure, laneMs: number): void {
    const { admittedAt, artifact, compileMs, resolve } = ticket.job;
    const device = ticket.lane < 0 ? null : (this.backend.devices[ticket.lane] ?? null);
    const result = resultMessage(found, {
      device,
      deviceModel: device?.model ?? this.#commonModel,
      toolchain: this.backend.toolchain,
      compileMs,
      laneMs,
      queuedMs: performance.now() - admittedAt - compileMs - laneMs,
      resources: artifact?.resources ?? [],
    });
    this.#finished++;
    this.#leave(ticket, laneMs);
    resolve(result);
  }

  #fail(ticket: Ticket<Evaluation>, error: unknown, laneMs = 0): void {
    const { reject, signal } = ticket.job;
    this.#leave(ticket, laneMs);
    // Whatever a stage that was ended makes of it.
    reject(signal.aborted ? signal.reason : error);
  }

  /** Frees the ticket's place and its files, and lets others in. */
  #leave(ticket: Ticket<Evaluation>, laneMs: number): void {
    this.#scheduler.done(ticket, laneMs);
    this.#tickets.delete(ticket);
    ticket.job.artifact?.dispose().catch((error: unknown) => {
      this.#logger.warn({ candidate: ticket.job.job.candidate, error: String(error) }, "cannot remove its files");
    });
    if (this.inFlight === 0) for (const wake of this.#onEmpty.splice(0)) wake();
    this.#pump();
  }

  #refusal(why: Rejection | "quarantined", model: string): Refusal {
    if (why === "no_credit") return new Refusal(why, `all ${this.credits} credits are in use`);
    if (why === "quarantined") return new Refusal(why, "every device for this candidate is quarantined");
    if (why === "draining") return new Refusal(why, "this evaluator is draining: it accepts no more candidates");
    const models = [...new Set(this.backend.devices.map((device) => device.model))].join(", ");
    return new Refusal(why, `no device here is a ${JSON.stringify(model)}; the devices are ${models}`);
  }
}

/** A candidate's id is `run/island/batch/index`; a coordinator has one run. */
function runOf({ candidate }: Job): string {
  return candidate.split("/", 1)[0] as string;
}
