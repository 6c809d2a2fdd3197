/** Two islands measure the same thing when their niches' keys are equal; only then is a result of one the other's. */
import type { Niche, RunSpec } from "./run.ts";

export function nicheKeyOf(spec: Pick<RunSpec, "workloads">, niche: Niche): string {
  return JSON.stringify([(niche.workloads ?? spec.workloads).toSorted(), niche.device]);
}
