/**
 * A run that repeats a recorded one: its models' answers and its evaluations come from the lineage, so that it needs
 * neither key nor network nor device. It still makes its own proposals, and each candidate must equal the recorded one:
 * it repeats the search, not its result.
 */

import { UserError } from "@kevo/core/errors/user-error.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import { eq } from "drizzle-orm";
import type { LineageDatabase } from "../lineage/database.ts";
import type { Run } from "../lineage/queries/resolve.ts";
import { runs } from "../lineage/schema.ts";
import { type Launch, launch as launchSchema } from "../run/launch.ts";

export interface Repetition {
  readonly spec: RunSpec;
  readonly launch: Launch;
}

/**
 * @param id of the new run.
 * @throws UserError (code 2) that says why the run cannot repeat.
 */
export function repetitionOf(db: LineageDatabase, row: Run, id: string): Repetition {
  const recorded = launchSchema.parse(JSON.parse(row.launch));
  if (recorded.repeats !== undefined) {
    const original = db.select().from(runs).where(eq(runs.id, recorded.repeats)).get();
    if (original === undefined) throw cannot(row.id, `it repeats ${recorded.repeats}, which is not in this database`);
    return repetitionOf(db, original, id);
  }
  const spec = runSpec.parse(JSON.parse(row.spec));
  if (!spec.sync) throw cannot(row.id, "it ran without --sync, so its order depended on timing");
  if (spec.search === "exhaustive") throw cannot(row.id, "it is a recording, which has no proposals");
  if (row.status !== "completed" && row.status !== "stopped") {
    throw cannot(row.id, `it is ${row.status}, so evaluations are missing; resume it first`);
  }
  if (row.accepted === 0) throw cannot(row.id, "it has no evaluations");
  return {
    spec: { ...spec, run: id, time_s: null, ...(spec.llm && { llm: { ...spec.llm, repeats: row.id } }) },
    launch: { ...recorded, evaluators: [], external_workers: false, nats: null, nats_listen: null, repeats: row.id },
  };
}

function cannot(run: string, why: string): UserError {
  return new UserError(`The run ${run} cannot be repeated: ${why}.`, 2);
}
