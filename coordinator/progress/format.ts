/** Numbers and texts as people read them. `–` is an unknown value. */
import { counted } from "@kevo/core/text/plural.ts";
import type { Objective } from "@kevo/proto/objective.ts";
import type { Config, ParamValue } from "@kevo/proto/search-space.ts";
import { type ComparedSpeedup, comparisonOf } from "../lineage/comparison.ts";
import type { Roofline } from "../lineage/roofline.ts";
import { type ObjectiveValue, objectiveOfFitness, type RunObjective } from "../lineage/run-objective.ts";

export const UNKNOWN = "–";

/** Seconds as `0:42`, `12:03` or `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** Four significant digits, no exponent for anything that is timed on a device. */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  if (Number.isInteger(value) || Math.abs(value) >= 10_000) return value.toFixed(0);
  return String(Number(value.toPrecision(4)));
}

/** `120 of 200 evaluations`, or their number alone where only the clock limits a run. */
export function formatProgress(evaluated: number, budget: number | null): string {
  return budget === null ? counted(evaluated, "evaluation") : `${evaluated} of ${counted(budget, "evaluation")}`;
}

export function formatMs(ms: number | null): string {
  return ms === null ? UNKNOWN : `${formatNumber(ms)} ms`;
}

/** A ratio such as `1.93×`. */
export function formatSpeedup(speedup: number | null): string {
  return speedup === null ? UNKNOWN : `${speedup.toFixed(speedup < 10 ? 2 : 1)}×`;
}

/** A speedup as its interval allows it to be told. */
export function formatClaim(compared: ComparedSpeedup): string {
  return comparisonOf(compared) === "no_difference" ? "no difference" : formatSpeedup(compared.speedup);
}

export function formatInterval(low: number | null, high: number | null): string {
  return low === null || high === null ? UNKNOWN : `${low.toFixed(2)}–${high.toFixed(2)}`;
}

/** A share of 0 to 1 as per cent. */
export function formatShare(share: number | null): string {
  return share === null ? UNKNOWN : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

/** `62 % of memory bandwidth`: the limit that a time is nearest to. */
export function formatRoofline(roofline: Roofline | null): string {
  if (roofline === null) return UNKNOWN;
  return `${formatShare(roofline.share)} of ${roofline.of === "peak" ? "peak" : `${roofline.of} bandwidth`}`;
}

/** A value above zero never reads as zero. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return UNKNOWN;
  if (usd > 0 && usd < 0.00005) return "< $0.0001";
  return `$${usd.toFixed(usd !== 0 && usd < 1 ? 4 : 2)}`;
}

/** `1.93×`, in replay `0.412 ms`, or `2500 GFLOP/s` where a recording was tuned for that. */
export function formatWorth(objective: RunObjective, fitness: number | null, timeMs: number | null): string {
  if (objective === "speedup") return formatSpeedup(fitness);
  if (objective === "time") return formatMs(timeMs);
  return fitness === null ? UNKNOWN : formatMetric(objectiveOfFitness(objective, fitness));
}

/** A number with its unit, or with its name where that says the unit. */
export function formatMetric({ name, value, unit }: Pick<ObjectiveValue, "name" | "value" | "unit">): string {
  return `${formatNumber(value)} ${unit ?? name}`;
}

export function formatDirection({ direction }: Pick<Objective, "direction">): string {
  return direction === "maximize" ? "higher is better" : "lower is better";
}

export function formatValue(value: ParamValue | undefined): string {
  if (value === undefined) return UNKNOWN;
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** `tile=32 unroll=4`. */
export function formatConfig(config: Config): string {
  let text = "";
  // Of a hundred thousand configurations, an array for each entry would cost more than the text.
  for (const name in config) text += `${text === "" ? "" : " "}${name}=${formatValue(config[name])}`;
  return text;
}

/** Text from outside on one line of the terminal: without control characters, so that a compiler's colours stay out. */
export function oneLine(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
      .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
      .replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
      .trim()
  );
}
