/** Why a run ended. */
import type { RunEnd, RunStatus } from "@kevo/proto/run-end.ts";
import type { LineageDatabase } from "../database.ts";
import { eventsOf } from "./events.ts";

/** Null while it runs, or where its coordinator was killed. */
export function endOf(db: LineageDatabase, run: string, status: RunStatus): RunEnd | null {
  if (status === "running") return null;
  const last = eventsOf(db, run, status).at(-1);
  return last?.end ?? endOfOldRun(db, run, status);
}

/** Version 0.1.0 stored with the end itself only how the run stood then. */
function endOfOldRun(db: LineageDatabase, run: string, status: Exclude<RunStatus, "running">): RunEnd {
  if (status === "failed" || status === "interrupted") return status;
  if (status === "stopped") return "stop_requested";
  const earlier = [...eventsOf(db, run, "stopping"), ...eventsOf(db, run, "exhausted")];
  return earlier.at(-1)?.end ?? "budget_spent";
}
