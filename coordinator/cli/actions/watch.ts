/** What `coordinator watch` does: Ctrl-C ends the watching, not the run. */
import { setTimeout as wait } from "node:timers/promises";
import { isHeld } from "@kevo/core/database/writer-lock.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { onStopRequest } from "@kevo/core/program/stop-requests.ts";
import { commandFor } from "../../lineage/command.ts";
import { type Run, resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly, type ReadOnlyLineage } from "../../lineage/read-only.ts";
import { ringBell } from "../../progress/bell.ts";
import { openProgress } from "../../progress/open-progress.ts";
import { wantsColours } from "../../progress/table.ts";
import { buildResult } from "../../result/result.ts";
import { storedReport } from "../../result/stored-report.ts";
import { busyMachine } from "../../run/busy-machine.ts";
import { kernelOf } from "../../run/kernel-of.ts";
import { launch } from "../../run/launch.ts";
import type { RunSnapshot } from "../../snapshot/snapshot.ts";
import { snapshotFromDatabase } from "../../snapshot/snapshot-from-database.ts";
import { printJson } from "../output.ts";
import type { ReadOptions } from "../read-options.ts";

const LOOK_EVERY_MS = 500;
/** A living coordinator writes at least every two seconds. */
const SILENT_MS = 6_000;

export async function watchRun(run: string | undefined, options: ReadOptions & { bell?: boolean }): Promise<void> {
  const open = openReadOnly(options.db);
  try {
    await follow(open, resolveRun(open.db, run), options);
  } finally {
    open.close();
  }
}

async function follow(
  open: ReadOnlyLineage,
  run: Run,
  { json = false, bell = false }: { readonly json?: boolean; readonly bell?: boolean },
): Promise<void> {
  const progress = openProgress(process.stderr, { json });
  const interrupted = new AbortController();
  // Not for one signal only: a listener that removes itself looks to others as if nobody listened.
  const stops = onStopRequest(() => interrupted.abort());
  const ended = await untilItEnds(open, run.id, interrupted.signal, (snapshot) =>
    progress.update({ ...snapshot, busy: busyMachine(snapshot.backend) }),
  ).finally(() => {
    progress.close();
    stops[Symbol.dispose]();
  });
  if (!ended) {
    process.stderr.write(`No longer watching; the run ${run.id} continues.\n`);
    process.exitCode = 130;
    return;
  }
  if (bell) ringBell(process.stderr);
  const result = buildResult(open.db, run.id, open.path);
  if (json) return printJson(result);
  // As the run itself reports; where the kernel has changed since, nothing of it is believed.
  const kernel = await kernelOf(launch.parse(JSON.parse(run.launch))).catch(() => null);
  const definition = kernel?.hash === run.kernelHash ? kernel.definition : null;
  process.stderr.write(storedReport(open.db, result, definition, wantsColours(process.stderr)));
}

/** @returns false when interrupted. @throws UserError when the run's coordinator exited without ending the run. */
async function untilItEnds(
  open: ReadOnlyLineage,
  run: string,
  signal: AbortSignal,
  onSnapshot: (snapshot: RunSnapshot) => void,
): Promise<boolean> {
  let written = "";
  // Whether anybody holds the database is asked at the first look, and then when nothing has been written for long.
  let heardAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const silent = performance.now() - heardAt > SILENT_MS;
    // Asked before the status is read: a coordinator writes how the run ended before it lets go.
    const abandoned = silent && !isHeld(open.path);
    onSnapshot(snapshotFromDatabase(open.db, run));
    const { status, elapsedMs, accepted } = resolveRun(open.db, run);
    if (status !== "running") return true;
    if (abandoned) {
      throw new UserError(
        `The coordinator of the run ${run} no longer runs. Continue the run with: ${commandFor(`resume ${run}`, open.path)}`,
      );
    }
    if (silent || `${elapsedMs} ${accepted}` !== written) heardAt = performance.now();
    written = `${elapsedMs} ${accepted}`;
    await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}
