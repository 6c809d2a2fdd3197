/** A device over time. */
import type { Outcome } from "@kevo/proto/outcome.ts";
import type { Lane, LaneSpan } from "../contract/lanes.ts";

const MAX_SPANS = 1_000;

export interface Evaluated {
  readonly candidate: string;
  readonly outcome: Outcome;
  readonly evaluator: string;
  readonly device: string;
  readonly model: string;
  readonly at: number;
  readonly compile: number;
  readonly lane: number;
  readonly queued: number;
}

interface Window {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

type Described = Pick<Lane, "evaluator" | "address" | "device" | "model">;

/** Busy and idle times of a device, result by result: those of a long run are many. */
export class DeviceLane {
  readonly evaluator: string;
  count = 0;
  readonly #described: Described;
  readonly #window: Window;
  readonly #busy: number[];
  readonly #compiling: number[];
  readonly #candidates: number[];
  /** Of the first results; none where there are too many. */
  #spans: LaneSpan[] = [];
  #sum = 0;

  constructor(described: Described, window: Window) {
    this.evaluator = described.evaluator;
    this.#described = described;
    this.#window = window;
    const bins = Math.ceil((window.to - window.from) / window.width);
    this.#busy = new Array<number>(bins).fill(0);
    this.#compiling = new Array<number>(bins).fill(0);
    this.#candidates = new Array<number>(bins).fill(0);
  }

  add(evaluated: Evaluated): void {
    const { from, to, width } = this.#window;
    const span = spanOf(evaluated);
    this.#sum += Math.max(0, Math.min(to, span.lane_to) - Math.max(from, span.lane_from));
    spread(this.#busy, this.#window, span.lane_from, span.lane_to);
    spread(this.#compiling, this.#window, span.compile_from, span.ready);
    const at = Math.min(this.#candidates.length - 1, Math.floor((span.lane_to - from) / width));
    if (at >= 0) this.#candidates[at] = (this.#candidates[at] as number) + 1;
    if (++this.count <= MAX_SPANS) this.#spans.push(span);
    else this.#spans = [];
  }

  told(): Lane {
    const { from, to, width } = this.#window;
    return {
      ...this.#described,
      busy: this.#busy.map((ms) => Math.min(1, ms / width)),
      compiling: this.#compiling.map((ms) => ms / width),
      candidates: this.#candidates,
      busy_share: Math.min(1, this.#sum / (to - from)),
      spans: this.#spans.toSorted((a, b) => a.lane_to - b.lane_to),
    };
  }
}

/** A result is stored a moment after its timing ended; before that it was in the queue, and before that it compiled. */
function spanOf({ candidate, outcome, at, compile, lane, queued }: Evaluated): LaneSpan {
  const laneFrom = Math.round(at - lane);
  const ready = Math.round(laneFrom - queued);
  return {
    ...{ candidate, outcome, compile_from: Math.round(ready - compile), ready },
    ...{ lane_from: laneFrom, lane_to: at },
  };
}

/** Adds the milliseconds of a span to the bins that it lies in. */
function spread(bins: number[], { from, to, width }: Window, start: number, end: number): void {
  const [low, high] = [Math.max(from, start), Math.min(to, end)];
  if (high <= low) return;
  for (let at = Math.floor((low - from) / width); at < bins.length; at++) {
    const [left, right] = [from + at * width, from + (at + 1) * width];
    if (left >= high) return;
    bins[at] = (bins[at] as number) + Math.min(high, right) - Math.max(low, left);
  }
}
