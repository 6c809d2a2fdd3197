/** Progress where there is no terminal: a line every few seconds, and one whenever the run does something else. */
import { printable } from "@kevo/core/text/printable.ts";
import { RUN_STATUSES } from "@kevo/proto/run-end.ts";
import type { RunObjective } from "../lineage/run-objective.ts";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { formatDuration, formatMs, formatNumber, formatProgress, formatWorth } from "./format.ts";
import { failures } from "./frame.ts";
import type { Progress } from "./progress.ts";

const EVERY_MS = 5000;
/** Phases of a run that is over. */
const ENDED: readonly string[] = RUN_STATUSES.filter((status) => status !== "running");

export function plainLines(stream: NodeJS.WritableStream, now: () => number = () => performance.now()): Progress {
  let printedAt = Number.NEGATIVE_INFINITY;
  let printed: RunSnapshot | null = null;
  let latest: RunSnapshot | null = null;
  let closed = false;

  const print = (snapshot: RunSnapshot) => {
    stream.write(`${progressLine(snapshot)}\n`);
    printedAt = now();
    printed = snapshot;
  };

  return {
    update(snapshot) {
      if (closed) return;
      latest = snapshot;
      if (isNews(snapshot, printed) || now() - printedAt >= EVERY_MS) print(snapshot);
    },
    note(text) {
      stream.write(`${printable(text)}\n`);
    },
    close() {
      if (closed) return;
      closed = true;
      if (latest !== null && latest !== printed) print(latest);
    },
  };
}

/** Another phase, or something that the run waits for or waits for no longer. */
function isNews({ phase, waiting }: RunSnapshot, printed: RunSnapshot | null): boolean {
  return phase !== printed?.phase || Boolean(waiting) !== Boolean(printed.waiting);
}

function shortBest(objective: RunObjective, { fitness, timeMs }: NonNullable<RunSnapshot["best"]>): string {
  const worth = formatWorth(objective, fitness, timeMs);
  return objective === "speedup" ? `${worth} ${formatMs(timeMs)}` : worth;
}

/**
 * The report below the last line names the winner, by other measurements: a speedup that one evaluation of the search found
 * is not called the run's best beside it.
 */
function bestOf({ objective, phase }: RunSnapshot): string {
  return objective === "speedup" && ENDED.includes(phase) ? "best of the search" : "best";
}

/** One snapshot on one line. */
function progressLine(snapshot: RunSnapshot): string {
  const { objective, best, perSecond, remainingS, cached } = snapshot;
  const failed = failures(snapshot);
  return [
    `[${formatDuration(snapshot.elapsedS)}] ${snapshot.phase}: ${formatProgress(snapshot.evaluated, snapshot.budget)}`,
    ...(cached > 0 ? [`${cached} cached`] : []),
    ...(perSecond === null ? [] : [`${formatNumber(Number(perSecond.toPrecision(2)))}/s`]),
    best === null ? "no best yet" : `${bestOf(snapshot)} ${shortBest(objective, best)}`,
    ...(failed === null ? [] : [failed]),
    ...(snapshot.waiting ? [snapshot.waiting] : []),
    ...(snapshot.busy ? [`machine busy (${snapshot.busy})`] : []),
    ...(remainingS === null ? [] : [`about ${formatDuration(remainingS)} left`]),
  ].join(", ");
}
