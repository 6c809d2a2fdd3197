/**
 * Decides which evaluator gets which candidate next. Pure: the dispatcher acts on it and reports back. Islands are served
 * in rotation, so that one island's burst does not hold up the others; a candidate goes to the least loaded evaluator
 * that fits.
 */

/** One attempt to be made. `job` is the caller's. */
export interface Task<J> {
  readonly job: J;
  readonly island: number;
  /** Device model that it is limited to; null for any. */
  readonly deviceModel: string | null;
  /** With nothing else on the evaluator: it may have been what ended others. */
  readonly alone: boolean;
}

/** An evaluator as the plan sees it. */
export interface EvaluatorSlot {
  readonly id: string;
  /** How many evaluations it takes at once. */
  credits: number;
  readonly deviceModels: readonly string[];
  /** False while it is away or draining. */
  serving: boolean;
  /** Takes nothing before this time (milliseconds of the caller's clock): it has just refused. */
  restsUntil: number;
  inFlight: number;
  /** Its candidate must be evaluated alone. */
  alone: boolean;
}

export class DispatchPlan<J> {
  readonly #queues = new Map<number, Task<J>[]>();
  readonly #slots = new Map<string, EvaluatorSlot>();
  #nextIsland = 0;

  get waiting(): number {
    let total = 0;
    for (const queue of this.#queues.values()) total += queue.length;
    return total;
  }

  get slots(): Iterable<EvaluatorSlot> {
    return this.#slots.values();
  }

  join(id: string, credits: number, deviceModels: readonly string[]): EvaluatorSlot {
    const slot = { id, credits, deviceModels, serving: true, restsUntil: 0, inFlight: 0, alone: false };
    this.#slots.set(id, slot);
    return slot;
  }

  leave(id: string): void {
    this.#slots.delete(id);
  }

  /** `first`: ahead of its island's queue, for an attempt that was lost. */
  add(task: Task<J>, first = false): void {
    const queue = this.#queues.get(task.island);
    if (queue === undefined) this.#queues.set(task.island, [task]);
    else if (first) queue.unshift(task);
    else queue.push(task);
  }

  /** Takes back everything that waits. */
  clear(): Task<J>[] {
    const tasks = [...this.#queues.values()].flat();
    this.#queues.clear();
    return tasks;
  }

  /** The next attempt to start at time `now`; null when nothing fits a free credit. The slot's load is counted. */
  next(now: number): { task: Task<J>; slot: EvaluatorSlot } | null {
    const islands = [...this.#queues.keys()].sort((a, b) => a - b);
    const from = islands.findIndex((island) => island >= this.#nextIsland);
    const order = from <= 0 ? islands : [...islands.slice(from), ...islands.slice(0, from)];
    // Evaluators that wait to be empty for one who goes there alone.
    const kept = new Set<EvaluatorSlot>();
    for (const island of order) {
      const queue = this.#queues.get(island) as Task<J>[];
      const task = queue[0] as Task<J>;
      const slot = this.#leastLoaded(task.deviceModel, now, kept);
      if (slot === null) continue;
      if (task.alone && slot.inFlight > 0) {
        kept.add(slot);
        continue;
      }
      queue.shift();
      if (queue.length === 0) this.#queues.delete(island);
      this.#nextIsland = island + 1;
      slot.inFlight++;
      slot.alone = task.alone;
      return { task, slot };
    }
    return null;
  }

  #leastLoaded(deviceModel: string | null, now: number, kept: ReadonlySet<EvaluatorSlot>): EvaluatorSlot | null {
    let best: EvaluatorSlot | null = null;
    for (const slot of this.#slots.values()) {
      if (!fits(slot, deviceModel) || slot.inFlight >= slot.credits || slot.restsUntil > now) continue;
      if (slot.alone || kept.has(slot)) continue;
      if (best === null || slot.inFlight / slot.credits < best.inFlight / best.credits) best = slot;
    }
    return best;
  }
}

/** Whether the evaluator serves and has a device of this model. */
function fits(slot: EvaluatorSlot, deviceModel: string | null): boolean {
  return slot.serving && (deviceModel === null || slot.deviceModels.includes(deviceModel));
}

/**
 * How many candidates each island may have outstanding: each evaluator's credits dealt evenly to the islands
 * that it fits, so that the windows add up to the credits. Islands that the same evaluators fit differ by at most
 * one. An island that some evaluator fits gets at least one, or it could never ask: only so can there be more
 * windows than credits.
 */
export function windowsOf(slots: Iterable<EvaluatorSlot>, deviceModels: readonly (string | null)[]): number[] {
  const windows = deviceModels.map(() => 0);
  const deals = [...slots].map((slot) => ({
    credits: slot.credits,
    fitting: [...deviceModels.keys()].filter((island) => fits(slot, deviceModels[island] ?? null)),
  }));
  // The evaluator with the fewest fitting islands first: the later ones make up for it.
  deals.sort((a, b) => a.fitting.length - b.fitting.length);
  for (const { credits, fitting } of deals) {
    // The island with the smallest window takes the next credit: remainders do not pile up on the first island.
    for (let credit = 0; credit < credits && fitting.length > 0; credit++) {
      const poorest = fitting.reduce((a, b) => ((windows[b] as number) < (windows[a] as number) ? b : a));
      (windows[poorest] as number)++;
    }
  }
  // After all deals: one given for each evaluator on the way would add up to more than their credits.
  for (const island of new Set(deals.flatMap(({ fitting }) => fitting))) {
    windows[island] = Math.max(1, windows[island] as number);
  }
  return windows;
}

/** Whether no evaluator serves any island with open candidates: the run waits for those candidates alone. */
export function isUnservable(awaited: ReadonlySet<number>, windows: readonly number[]): boolean {
  return awaited.size > 0 && [...awaited].every((island) => windows[island] === 0);
}
