/** How many candidates each island may have outstanding, from the evaluators that serve now. */
import { allowMoreMemory } from "@kevo/core/program/little-memory.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { type EvaluatorSlot, isUnservable, windowsOf } from "../dispatch/plan.ts";

/** With this many candidates in progress, collecting what they leave takes longer than a larger space for it is worth. */
const MANY_CREDITS = 128;

export class IslandWindows {
  /** The device model that each island is limited to; null for any. */
  readonly #models: readonly (string | null)[];
  readonly #slots: () => Iterable<EvaluatorSlot>;
  #sizes: readonly number[];
  #begun = false;

  /** @param slots the evaluators as they are at the moment of the call. */
  constructor(spec: RunSpec, slots: () => Iterable<EvaluatorSlot>) {
    this.#models = spec.islands.map(({ niche }) => niche.device);
    this.#slots = slots;
    this.#sizes = this.#models.map(() => 0);
  }

  /** One of each island. All are 0 until every island has had an evaluator, or the first would spend the budget. */
  get sizes(): readonly number[] {
    return this.#sizes;
  }

  /** How many candidates the evaluators take at once. */
  get credits(): number {
    return [...this.#slots()].reduce((sum, { serving, credits }) => sum + (serving ? credits : 0), 0);
  }

  /** Every island has had an evaluator that fits it. */
  get hasEvaluators(): boolean {
    return this.#begun;
  }

  /** Evaluators have joined or left, or their credits have changed. */
  update(): void {
    const sizes = windowsOf(this.#slots(), this.#models);
    this.#begun ||= sizes.every((size) => size > 0);
    this.#sizes = this.#begun ? sizes : sizes.map(() => 0);
    if (this.credits >= MANY_CREDITS) allowMoreMemory();
  }

  /** @param awaited islands with candidates that are still to be evaluated. */
  serve(awaited: ReadonlySet<number>): boolean {
    return this.#begun && !isUnservable(awaited, this.#sizes);
  }

  /** Device models that islands are limited to and no evaluator has. */
  missingModels(): string[] {
    const present = new Set([...this.#slots()].flatMap(({ deviceModels }) => deviceModels));
    const wanted = new Set(this.#models.flatMap((model) => model ?? []));
    return [...wanted].filter((model) => !present.has(model));
  }
}
