/**
 * Which evaluation may compile and which may take a lane. Pure: it decides, the daemon acts and reports back.
 *
 *     waiting ──▶ compiling ──▶ ready ──▶ measuring ──▶ (done)
 *
 * A ticket may leave at any stage (`done`); it holds its credit, its place in the pool and its lane until then.
 * Invariants: compiling ≤ the pool; one ticket a lane; first come, first served within a stage and a run.
 * A lane in quarantine keeps the ticket that it holds and gets no other; its credits do not count until it is back.
 *
 * Runs of several coordinators get equal shares. A run may always have its share of the credits here, and more while
 * others leave theirs: so tickets of one run ≤ credits, and those of n runs ≤ credits (1 + 1/2 + … + 1/n). A lane goes
 * to the run that holds fewest and has had least lane time (fair queuing by start times: Goyal, Vin, Cheng, 1996; who
 * comes new starts level with the least of those here), a compile process to the run with fewest tickets compiling or
 * ready.
 *
 * With `alternate` (compiling disturbs timing) compiling and measuring never overlap: compile what waits, at most
 * `credits` in a row, then measure what is ready, so that neither keeps the other waiting for more than one round.
 */
import type { EvaluatorFault } from "@kevo/proto/evaluator-fault.ts";

export interface Lane {
  readonly device: string;
  readonly model: string;
}

type TicketStage = "waiting" | "compiling" | "ready" | "measuring" | "done";

/** An evaluation's place in the daemon. `job` is the caller's. */
export interface Ticket<T> {
  readonly job: T;
  /** Whose it is. */
  readonly run: string;
  /** Device model that it is limited to; empty for any. */
  readonly model: string;
  readonly stage: TicketStage;
  /** Index of the lane it holds; -1 outside the lane. */
  readonly lane: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface SchedulerOptions {
  readonly lanes: readonly Lane[];
  readonly compileProcesses: number;
  readonly alternate: boolean;
  /** Most tickets at once, where that is less than lanes, compile processes and what is kept ready add up to. */
  readonly maxTickets?: number | undefined;
}

/** The tickets of a run on this daemon. */
interface Holding {
  tickets: number;
  /** Compiling or ready. */
  ahead: number;
  lanes: number;
  /** Lane time that it had, milliseconds, on a scale that is common to those here. */
  laneMs: number;
}

/** Evaluations ready ahead of each lane, so that a lane that falls free finds work. */
const READY_PER_LANE = 2;

/** Why an evaluation is not taken in. */
export type Rejection = Extract<EvaluatorFault, "no_credit" | "draining" | "no_such_device">;

export class Scheduler<T> {
  readonly lanes: readonly Lane[];
  readonly #compileProcesses: number;
  readonly #alternate: boolean;
  readonly #maxTickets: number;
  readonly #holders: (Mutable<Ticket<T>> | null)[];
  readonly #healthy: boolean[];
  #waiting: Mutable<Ticket<T>>[] = [];
  #ready: Mutable<Ticket<T>>[] = [];
  #compiling = 0;
  #measuring = 0;
  #inFlight = 0;
  #phase: "compile" | "measure" = "compile";
  #compiledInPhase = 0;
  #draining = false;
  /** Of runs that have tickets. */
  readonly #runs = new Map<string, Holding>();

  constructor({ lanes, compileProcesses, alternate, maxTickets }: SchedulerOptions) {
    this.lanes = lanes;
    this.#compileProcesses = compileProcesses;
    this.#alternate = alternate;
    this.#maxTickets = maxTickets ?? Number.POSITIVE_INFINITY;
    this.#holders = lanes.map(() => null);
    this.#healthy = lanes.map(() => true);
  }

  /** How many tickets it takes at once. */
  get credits(): number {
    const healthy = this.#healthy.filter(Boolean).length;
    const all = healthy + this.#compileProcesses + READY_PER_LANE * healthy;
    return healthy === 0 ? 0 : Math.min(this.#maxTickets, all);
  }

  /** How many tickets this run may have beside other runs with tickets: at least one, all where it is alone. */
  shareOf(run: string): number {
    const others = this.#runs.size - (this.#runs.has(run) ? 1 : 0);
    return this.credits === 0 ? 0 : Math.max(1, Math.floor(this.credits / (others + 1)));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get draining(): boolean {
    return this.#draining;
  }

  isBusy(lane: number): boolean {
    return this.#holders[lane] != null;
  }

  isHealthy(lane: number): boolean {
    return this.#healthy[lane] === true;
  }

  setHealthy(lane: number, healthy: boolean): void {
    this.#healthy[lane] = healthy;
  }

  /** Tickets that wait or are ready, and that no healthy lane can take. */
  unservable(): Ticket<T>[] {
    return [...this.#waiting, ...this.#ready].filter(({ model }) => !this.#hasLaneFor(model));
  }

  /** Takes an evaluation in, or says why not: no credit, draining, or no device of that model. */
  admit(job: T, run: string, model: string): Ticket<T> | Rejection {
    if (this.#draining) return "draining";
    if (model !== "" && !this.lanes.some((lane) => lane.model === model)) return "no_such_device";
    const hasShare = (this.#runs.get(run)?.tickets ?? 0) >= this.shareOf(run);
    if ((hasShare && this.#inFlight >= this.credits) || !this.#hasLaneFor(model)) return "no_credit";
    const ticket: Mutable<Ticket<T>> = { job, run, model, stage: "waiting", lane: -1 };
    this.#holding(run).tickets++;
    this.#inFlight++;
    this.#waiting.push(ticket);
    return ticket;
  }

  /** Its executable is ready: it waits for a lane. */
  compiled(ticket: Ticket<T>): void {
    if (ticket.stage !== "compiling") throw new Error(`a ticket that is ${ticket.stage} cannot have compiled`);
    this.#compiling--; // It stays ahead of its lane.
    (ticket as Mutable<Ticket<T>>).stage = "ready";
    this.#ready.push(ticket);
  }

  /**
   * It has its result, or is no longer wanted. Gives back all it held; a second call changes nothing.
   * @param laneMs how long it held its lane
   */
  done(ticket: Ticket<T>, laneMs = 0): void {
    if (ticket.stage === "done") return;
    const holding = this.#holding(ticket.run);
    if (ticket.stage === "ready" || ticket.stage === "compiling") holding.ahead--;
    if (ticket.stage === "measuring") holding.lanes--;
    holding.laneMs += laneMs;
    if (--holding.tickets === 0) this.#runs.delete(ticket.run);
    if (ticket.stage === "waiting") this.#waiting = this.#waiting.filter((other) => other !== ticket);
    if (ticket.stage === "ready") this.#ready = this.#ready.filter((other) => other !== ticket);
    if (ticket.stage === "compiling") this.#compiling--;
    if (ticket.stage === "measuring") {
      this.#measuring--;
      this.#holders[ticket.lane] = null;
    }
    const left = ticket as Mutable<Ticket<T>>;
    left.stage = "done";
    left.lane = -1;
    this.#inFlight--;
  }

  /** From now on nothing is admitted. Admitted tickets continue. */
  drain(): void {
    this.#draining = true;
  }

  /**
   * The next ticket to act on, now `compiling` or `measuring`; null when nothing may start. Call it until null
   * after every admit, compiled and done.
   */
  next(): Ticket<T> | null {
    if (this.#alternate) this.#turn();
    return this.#nextMeasurement() ?? this.#nextCompilation();
  }

  #turn(): void {
    if (this.#phase === "measure" && this.#measuring === 0 && this.#ready.length === 0) {
      this.#phase = "compile";
      this.#compiledInPhase = 0;
    }
    const mayCompile = this.#waiting.length > 0 && this.#compiledInPhase < this.credits;
    if (this.#phase === "compile" && this.#compiling === 0 && this.#ready.length > 0 && !mayCompile) {
      this.#phase = "measure";
    }
  }

  #nextMeasurement(): Ticket<T> | null {
    if (this.#ready.length === 0 || this.#measuring === this.lanes.length) return null;
    if (this.#alternate && this.#phase === "compile") return null;
    const ticket = this.#fairest(
      this.#ready.filter(({ model }) => this.#freeLaneFor(model) >= 0),
      (a, b) => a.lanes - b.lanes || a.laneMs - b.laneMs,
    );
    if (ticket === null) return null;
    const lane = this.#freeLaneFor(ticket.model);
    this.#ready.splice(this.#ready.indexOf(ticket), 1);
    this.#holders[lane] = ticket;
    this.#measuring++;
    const holding = this.#holding(ticket.run);
    holding.ahead--;
    holding.lanes++;
    ticket.stage = "measuring";
    ticket.lane = lane;
    return ticket;
  }

  #freeLaneFor(model: string): number {
    return this.#holders.findIndex((holder, index) => holder === null && this.#takes(index, model));
  }

  /** The first ticket of the run that comes first in this order; of equal ones, of that whose ticket is older. */
  #fairest(tickets: Mutable<Ticket<T>>[], order: (a: Holding, b: Holding) => number): Mutable<Ticket<T>> | null {
    let best: Mutable<Ticket<T>> | null = null;
    for (const ticket of tickets) {
      if (best === null || order(this.#holding(ticket.run), this.#holding(best.run)) < 0) best = ticket;
    }
    return best;
  }

  #holding(run: string): Holding {
    let holding = this.#runs.get(run);
    if (holding === undefined) {
      const least = Math.min(...[...this.#runs.values()].map(({ laneMs }) => laneMs));
      holding = { tickets: 0, ahead: 0, lanes: 0, laneMs: Number.isFinite(least) ? least : 0 };
      this.#runs.set(run, holding);
    }
    return holding;
  }

  #takes(lane: number, model: string): boolean {
    return this.#healthy[lane] === true && (model === "" || model === this.lanes[lane]?.model);
  }

  #hasLaneFor(model: string): boolean {
    return this.lanes.some((_, lane) => this.#takes(lane, model));
  }

  #nextCompilation(): Ticket<T> | null {
    if (this.#waiting.length === 0 || this.#compiling === this.#compileProcesses) return null;
    if (this.#alternate && (this.#phase === "measure" || this.#compiledInPhase >= this.credits)) return null;
    const ticket = this.#fairest(this.#waiting, (a, b) => a.ahead - b.ahead) as Mutable<Ticket<T>>;
    this.#waiting.splice(this.#waiting.indexOf(ticket), 1);
    this.#holding(ticket.run).ahead++;
    this.#compiling++;
    this.#compiledInPhase++;
    ticket.stage = "compiling";
    return ticket;
  }
}
