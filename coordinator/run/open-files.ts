/** How many files may be open at once: with too few, programs fail at places that say nothing of it. */
import { readFileSync } from "node:fs";
import { UserError } from "@kevo/core/errors/user-error.ts";

/** Node, the database, NATS, evaluators, and pipes to each program of a run. */
const MIN_OPEN_FILES = 128;

/** @throws UserError */
export function refuseFewFiles(limit = openFilesLimit()): void {
  if (limit >= MIN_OPEN_FILES) return;
  throw new UserError(
    `At most ${limit} files may be open at once here (ulimit -n), and a run needs ${MIN_OPEN_FILES}. Raise the limit: ulimit -n 1024.`,
  );
}

/** Infinity where the system does not say. Node has raised the limit as far as it may. */
function openFilesLimit(): number {
  try {
    const line = readFileSync("/proc/self/limits", "utf8")
      .split("\n")
      .find((text) => text.startsWith("Max open files"));
    const limit = Number(line?.trim().split(/\s{2,}/)[1]);
    return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
