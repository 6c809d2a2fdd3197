/**
 * Which evaluation may compile and which may take a lane. Pure: it decides, the daemon acts and reports back.
 *
 *     waiting ──▶ compiling ──▶ ready ──▶ measuring ──▶ (gone)
 *
 * A ticket may leave at any stage (`done`); it holds its credit, its place in the pool and its lane until then.
 * Invariants: tickets ≤ credits; compiling ≤ the pool; one ticket a lane; first come, first served within a stage.
 * A lane in quarantine keeps the ticket that it holds and gets no other; its credits are gone until it is back.
 *
 * With `alternate` (compiling disturbs timing) compiling and measuring never overlap: compile what waits, at most
 * `credits` in a row, then measure what is ready, so that neither keeps the other waiting for more than one round.
 */

export interface Lane {
  readonly device: string;
  readonly model: string;
}

export type TicketStage = "waiting" | "compiling" | "ready" | "measuring" | "gone";

/** An evaluation's place in the daemon. `job` is the caller's. */
export interface Ticket<T> {
  readonly job: T;
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
}

/** Evaluations ready ahead of each lane, so that a lane that falls free finds work. */
const READY_PER_LANE = 2;

export class Scheduler<T> {
  readonly lanes: readonly Lane[];
  readonly #compileProcesses: number;
  readonly #alternate: boolean;
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

  constructor({ lanes, compileProcesses, alternate }: SchedulerOptions) {
    this.lanes = lanes;
    this.#compileProcesses = compileProcesses;
    this.#alternate = alternate;
    this.#holders = lanes.map(() => null);
    this.#healthy = lanes.map(() => true);
  }

  /** How many tickets it takes at once. */
  get credits(): number {
    const healthy = this.#healthy.filter(Boolean).length;
    return healthy === 0 ? 0 : healthy + this.#compileProcesses + READY_PER_LANE * healthy;
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
  stranded(): Ticket<T>[] {
    return [...this.#waiting, ...this.#ready].filter(({ model }) => !this.#hasLaneFor(model));
  }

  /** Takes an evaluation in, or says why not: no credit, draining, or no device of that model. */
  admit(job: T, model: string): Ticket<T> | "full" | "draining" | "no such device" {
    if (this.#draining) return "draining";
    if (model !== "" && !this.lanes.some((lane) => lane.model === model)) return "no such device";
    if (this.#inFlight >= this.credits || !this.#hasLaneFor(model)) return "full";
    const ticket: Mutable<Ticket<T>> = { job, model, stage: "waiting", lane: -1 };
    this.#inFlight++;
    this.#waiting.push(ticket);
    return ticket;
  }

  /** Its executable stands: it waits for a lane. */
  compiled(ticket: Ticket<T>): void {
    if (ticket.stage !== "compiling") throw new Error(`a ticket that is ${ticket.stage} cannot have compiled`);
    this.#compiling--;
    (ticket as Mutable<Ticket<T>>).stage = "ready";
    this.#ready.push(ticket);
  }

  /** It has its result, or nobody wants it any more. Gives back whatever it held; a second call changes nothing. */
  done(ticket: Ticket<T>): void {
    if (ticket.stage === "gone") return;
    if (ticket.stage === "waiting") this.#waiting = this.#waiting.filter((other) => other !== ticket);
    if (ticket.stage === "ready") this.#ready = this.#ready.filter((other) => other !== ticket);
    if (ticket.stage === "compiling") this.#compiling--;
    if (ticket.stage === "measuring") {
      this.#measuring--;
      this.#holders[ticket.lane] = null;
    }
    const left = ticket as Mutable<Ticket<T>>;
    left.stage = "gone";
    left.lane = -1;
    this.#inFlight--;
  }

  /** From now on nothing is admitted. What is here goes on. */
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
    for (const [at, ticket] of this.#ready.entries()) {
      const lane = this.#holders.findIndex((holder, index) => holder === null && this.#takes(index, ticket.model));
      if (lane < 0) continue;
      this.#ready.splice(at, 1);
      this.#holders[lane] = ticket;
      this.#measuring++;
      ticket.stage = "measuring";
      ticket.lane = lane;
      return ticket;
    }
    return null;
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
    const ticket = this.#waiting.shift() as Mutable<Ticket<T>>;
    this.#compiling++;
    this.#compiledInPhase++;
    ticket.stage = "compiling";
    return ticket;
  }
}
