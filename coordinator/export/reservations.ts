/** What an export must say of a run that did not end, and of configurations that no finalist's rounds confirmed. */

import type { Run } from "../lineage/queries/resolve.ts";
import { oneLine } from "../progress/format.ts";
import type { Winner } from "./winners.ts";

/** One sentence each, for the terminal and the README. */
export function reservations(
  { id, status }: Pick<Run, "id" | "status">,
  winners: readonly Pick<Winner, "workload" | "rounds" | "speedup" | "isBaseline">[],
): string[] {
  const lucky = winners.filter(({ rounds, speedup, isBaseline }) => rounds === 0 && speedup !== null && !isBaseline);
  const names = [...new Set(lucky.map(({ workload }) => oneLine(workload)))].join(", ");
  return [
    ...(status === "running" || status === "interrupted"
      ? [
          `The run ${id} has not ended, so this is what it had found so far. Let it end, or resume it, and export again.`,
        ]
      : []),
    ...(lucky.length === 0
      ? []
      : [`The times of ${names} are from a single evaluation, which is partly luck: no finalist was measured again.`]),
  ];
}
