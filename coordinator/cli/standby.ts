/** `coordinator start --standby`: waits for another coordinator's place, and goes on with its run. */
import { dirname, resolve } from "node:path";
import { makePath } from "@kevo/core/config/folder.ts";
import { awaitWriterLock } from "@kevo/core/database/standby-lock.ts";
import { processOf } from "@kevo/core/database/writer-lock.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { desc, sql } from "drizzle-orm";
import { type LineageDatabase, openLineage } from "../lineage/database.ts";
import { openReadOnly } from "../lineage/read-only.ts";
import { runs } from "../lineage/schema.ts";
import { type Launch, launch as launchSchema } from "../run/launch.ts";
import type { RunRequest } from "../run/spec.ts";
import { fromAnywhere, type RunSessionOptions, resumeRun, startRun } from "./run-session.ts";

type StoredRun = typeof runs.$inferSelect;

const note = (message: string) => process.stderr.write(`standby: ${message}\n`);

/** Where there is no run to go on with, it starts its own. */
export async function standBy(request: RunRequest, wanted: Launch, given: RunSessionOptions): Promise<void> {
  const db = resolve(given.db);
  makePath(dirname(db));
  let finishedBefore: string | null = null;
  let waited = false;
  const lock = await awaitWriterLock(db, () => {
    waited = true;
    finishedBefore = finishedRunOf(db);
    note(`another coordinator${processOf(db)} uses ${db}; this one takes over when it ends`);
  });
  const lineage = openLineage(db, { lock });
  const options = { ...given, lineage };
  const latest = latestRun(lineage.db);
  if (latest !== undefined && isUnfinished(latest)) {
    refuseOther(latest, fromAnywhere(wanted), db);
    note(`takes over the run ${latest.id}`);
    return await resumeRun(latest.id, { evaluations: null, timeS: null }, options);
  }
  // The other may have died before it stored a run.
  if (!waited || latest === undefined || latest.id === finishedBefore) return await startRun(request, wanted, options);
  lineage.close();
  note(`the run ${latest.id} is ${latest.status}; nothing is left to do`);
}

/** One that failed may have done so for reasons of its coordinator: a disk, a network. */
const isUnfinished = ({ status }: StoredRun) => status !== "completed" && status !== "stopped";

/** @throws UserError where the run is not the one that the standby was started for. */
function refuseOther({ id, launch }: StoredRun, wanted: Launch, db: string): void {
  const stored = launchSchema.parse(JSON.parse(launch));
  const isSame = stored.kernel === wanted.kernel && stored.spaces.join("\n") === wanted.spaces.join("\n");
  if (isSame) return;
  const what = stored.kernel ?? stored.spaces.join(", ");
  throw new UserError(
    `The unfinished run ${id} in ${db} is of ${what}. Start the standby with the options of its run, or with another --db.`,
    2,
  );
}

function latestRun(db: LineageDatabase): StoredRun | undefined {
  return db.select().from(runs).orderBy(desc(sql`rowid`)).limit(1).get();
}

/** The latest run's id, if it is over already; null too where the other coordinator is still creating the database. */
function finishedRunOf(path: string): string | null {
  try {
    const open = openReadOnly(path);
    const latest = latestRun(open.db);
    open.close();
    return latest === undefined || isUnfinished(latest) ? null : latest.id;
  } catch {
    return null;
  }
}
