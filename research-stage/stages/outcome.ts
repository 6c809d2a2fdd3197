/** The lessons of a round, and how well feasibility was predicted. */

import type { Idea, Implementation, Novelty, Optimisation, Outcome } from "../findings/findings.ts";
import { MAX_CHARACTERS } from "../session/fit.ts";

/** Below this an idea is not tried. */
export const FEASIBLE = 0.4;

export function outcomeOf(
  one: Idea,
  novelty: Novelty | undefined,
  implementation: Implementation | undefined,
  optimisation: Optimisation | undefined,
): Outcome {
  const { id, title, base_kernel, feasibility_score } = one;
  const about = { idea: id, title, base_kernel, predicted_feasibility: feasibility_score };
  const none = { speedup: null, against_library: null };
  if (implementation === undefined) {
    const verdict = novelty?.verdict ?? "insufficient_evidence";
    const why =
      verdict !== "novel"
        ? `not tried: ${verdict.replaceAll("_", " ")}. ${novelty?.reason ?? ""}`.trim()
        : feasibility_score < FEASIBLE
          ? `not tried: feasibility ${feasibility_score} is below ${FEASIBLE}`
          : "not tried: others came first";
    return { ...about, ...none, status: "rejected", lesson: why };
  }
  if (implementation.status === "failed") {
    const last = implementation.tries.at(-1)?.problem ?? "unknown";
    return {
      ...about,
      ...none,
      status: "failed",
      lesson: `no working kernel after ${implementation.tries.length} tries: ${last.slice(0, 400)}`,
    };
  }
  if (optimisation === undefined || optimisation.speedup === null) {
    return { ...about, ...none, status: "failed", lesson: "the kernel was right, and nothing was measured" };
  }
  const ratios = optimisation.workloads.flatMap(({ library_ms, time_ms }) =>
    library_ms === null ? [] : [library_ms / time_ms],
  );
  const against = ratios.length === 0 ? null : geometricMean(ratios);
  const library = against === null ? "" : `; ${against.toFixed(2)} times the speed of ${base_kernel} with its defaults`;
  const failed = optimisation.failures.map(({ outcome, count }) => `${count} ${outcome}`).join(", ");
  return {
    ...about,
    status: "measured",
    speedup: optimisation.speedup,
    against_library: against,
    lesson: `evolved to ${optimisation.speedup.toFixed(2)} times its first implementation${library}${failed === "" ? "" : `; failed evaluations: ${failed}`}`,
  };
}

/** For a prompt. Made of measured numbers and of texts that models wrote, none of fetched text. */
export function outcomeLines(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return "nothing yet: this is the first round";
  return outcomes
    .map(
      ({ title, predicted_feasibility, lesson }) =>
        `- ${title} (feasibility predicted ${predicted_feasibility}): ${lesson}`,
    )
    .join("\n")
    .slice(-MAX_CHARACTERS.outcomes);
}

export interface Calibration {
  /** Ideas that were tried. */
  readonly tried: number;
  /** Those that became a kernel faster than its first implementation. */
  readonly succeeded: number;
  readonly predicted: number | null;
  readonly measured: number | null;
  /** Mean squared distance of prediction and outcome (Brier 1950): 0 is perfect, 0.25 is a coin's. */
  readonly brier: number | null;
}

export function calibrationOf(outcomes: readonly Outcome[]): Calibration {
  const tried = outcomes.filter(({ status }) => status !== "rejected");
  const hits = tried.map(({ status, speedup }) => (status === "measured" && speedup !== null && speedup > 1 ? 1 : 0));
  const mean = (values: readonly number[]) =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    tried: tried.length,
    succeeded: hits.filter((hit) => hit === 1).length,
    predicted: mean(tried.map(({ predicted_feasibility }) => predicted_feasibility)),
    measured: mean(hits),
    brier: mean(tried.map(({ predicted_feasibility }, at) => (predicted_feasibility - (hits[at] as number)) ** 2)),
  };
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
