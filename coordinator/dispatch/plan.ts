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
  /** An attempt was lost there, and nothing has been heard of it since. */
  silent: boolean;
  /** It has said that it ends: that it did is no candidate's doing. */
  leaving: boolean;
}

export class DispatchPlan<J> {
  /** By island. */
  readonly #queues: Task<J>[][] = [];
  /** Those that go alone, before all others. */
  readonly #alone: Task<J>[] = [];
  readonly #slots = new Map<string, EvaluatorSlot>();
  #waiting = 0;
  #nextIsland = 0;

  get waiting(): number {
    return this.#waiting;
  }

  /** Null: for any. */
  waitingByModel(): Map<string | null, number> {
    const counts = new Map<string | null, number>();
    for (const queue of [this.#alone, ...this.#queues]) {
      for (const { deviceModel } of queue) counts.set(deviceModel, (counts.get(deviceModel) ?? 0) + 1);
    }
    return counts;
  }

  get slots(): Iterable<EvaluatorSlot> {
    return this.#slots.values();
  }

  join(id: string, credits: number, deviceModels: readonly string[]): EvaluatorSlot {
    const state = { serving: true, restsUntil: 0, inFlight: 0, alone: false, silent: false, leaving: false };
    const slot = { id, credits, deviceModels, ...state };
    this.#slots.set(id, slot);
    return slot;
  }

  leave(id: string): void {
    this.#slots.delete(id);
  }

  /** `first`: ahead of its island's queue, for an attempt that was lost. */
  add(task: Task<J>, first = false): void {
    this.#waiting++;
    if (task.alone) {
      this.#alone.push(task);
      return;
    }
    while (this.#queues.length <= task.island) this.#queues.push([]);
    const queue = this.#queues[task.island] as Task<J>[];
    if (first) queue.unshift(task);
    else queue.push(task);
  }

  /** Takes back everything that waits. */
  clear(): Task<J>[] {
    this.#waiting = 0;
    return [...this.#alone.splice(0), ...this.#queues.splice(0).flat()];
  }

  /** The next attempt to start at time `now`; null when nothing fits a free credit. The slot's load is counted. */
  next(now: number): { task: Task<J>; slot: EvaluatorSlot } | null {
    // Evaluators that wait to be empty for one who goes there alone.
    const kept = new Set<EvaluatorSlot>();
    const alone = this.#nextAlone(now, kept);
    if (alone !== null) return alone;
    // Asked after every result: with hundreds of islands and evaluators it looks at each of them once.
    const found = new Map<string | null, EvaluatorSlot | null>();
    const islands = this.#queues.length;
    for (let step = 0; step < islands && this.#waiting > 0; step++) {
      const island = (this.#nextIsland + step) % islands;
      const queue = this.#queues[island] as Task<J>[];
      const task = queue[0];
      if (task === undefined) continue;
      let slot = found.get(task.deviceModel);
      if (slot === undefined) {
        slot = this.#leastLoaded(task.deviceModel, now, kept);
        found.set(task.deviceModel, slot);
      }
      if (slot === null) continue;
      queue.shift();
      this.#nextIsland = island + 1;
      return this.#give(task, slot);
    }
    return null;
  }

  /** On at most half of the evaluators at once: candidates that end their evaluators do not end all of them together. */
  #nextAlone(now: number, kept: Set<EvaluatorSlot>): { task: Task<J>; slot: EvaluatorSlot } | null {
    if (this.#alone.length === 0) return null;
    const slots = [...this.#slots.values()].filter(({ serving }) => serving);
    const room = Math.ceil(slots.length / 2) - slots.filter(({ alone }) => alone).length;
    for (const [at, task] of this.#alone.entries()) {
      if (kept.size >= room) break;
      const slot = this.#leastLoaded(task.deviceModel, now, kept);
      if (slot === null) continue;
      if (slot.inFlight > 0) {
        kept.add(slot);
        continue;
      }
      this.#alone.splice(at, 1);
      return this.#give(task, slot);
    }
    return null;
  }

  #give(task: Task<J>, slot: EvaluatorSlot): { task: Task<J>; slot: EvaluatorSlot } {
    this.#waiting--;
    slot.inFlight++;
    slot.alone = task.alone;
    return { task, slot };
  }

  #leastLoaded(deviceModel: string | null, now: number, kept: ReadonlySet<EvaluatorSlot>): EvaluatorSlot | null {
    let best: EvaluatorSlot | null = null;
    for (const slot of this.#slots.values()) {
      if (!fits(slot, deviceModel) || slot.inFlight >= slot.credits || slot.restsUntil > now) continue;
      if (slot.alone || slot.silent || kept.has(slot)) continue;
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
  // Evaluators that fit the same islands deal as one: a large cluster has many of a kind.
  const deals = new Map<string, { credits: number; readonly fitting: readonly number[] }>();
  for (const slot of slots) {
    const fitting = [...deviceModels.keys()].filter((island) => fits(slot, deviceModels[island] ?? null));
    const deal = deals.get(fitting.join());
    if (deal !== undefined) deal.credits += slot.credits;
    else if (fitting.length > 0) deals.set(fitting.join(), { credits: slot.credits, fitting });
  }
  // The evaluators with the fewest fitting islands first: the later ones make up for it.
  const inOrder = [...deals.values()].sort((a, b) => a.fitting.length - b.fitting.length);
  for (const { credits, fitting } of inOrder) dealTo(windows, fitting, credits);
  // After all deals: one given for each evaluator on the way would add up to more than their credits.
  for (const { fitting } of inOrder) {
    for (const island of fitting) windows[island] = Math.max(1, windows[island] as number);
  }
  return windows;
}

/** The island with the smallest window takes the next credit: remainders do not pile up on the first island. */
function dealTo(windows: number[], islands: readonly number[], credits: number): void {
  const window = (island: number | undefined) =>
    island === undefined ? Number.POSITIVE_INFINITY : (windows[island] as number);
  const order = [...islands].sort((a, b) => window(a) - window(b) || a - b);
  // The poorest rise together until they meet the next one.
  let together = 1;
  let level = window(order[0]);
  let left = credits;
  for (;;) {
    const next = window(order[together]);
    const rise = Math.min(next - level, Math.floor(left / together));
    level += rise;
    left -= rise * together;
    if (level < next) break;
    together++;
  }
  const raised = order.slice(0, together).sort((a, b) => a - b);
  for (const [at, island] of raised.entries()) windows[island] = level + (at < left ? 1 : 0);
}

/** Whether no evaluator serves any island with open candidates: the run waits for those candidates alone. */
export function isUnservable(awaited: ReadonlySet<number>, windows: readonly number[]): boolean {
  return awaited.size > 0 && [...awaited].every((island) => windows[island] === 0);
}
