/** Which mode a launch asks for. */
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { recordMode } from "../record/record-mode.ts";
import { RecordedRun } from "../repeat/recorded-run.ts";
import { repeatMode } from "../repeat/repeat-mode.ts";
import type { Launch } from "../run/launch.ts";
import type { RunMode } from "../run/mode.ts";
import { searchMode } from "../run/search-mode.ts";

/** @param run id of the run that is launched. @throws UserError when it repeats a run that is not stored. */
export function modeOf({ record, repeats }: Launch, run: string, kernel: KernelPackage, db: LineageDatabase): RunMode {
  if (record !== null) return recordMode(kernel.definition, record.fixed);
  if (repeats === undefined) return searchMode();
  return repeatMode(db, new RecordedRun(db, repeats, run));
}
