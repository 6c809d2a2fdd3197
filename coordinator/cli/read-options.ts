/** Options and arguments of the reading commands. */
import type { Command } from "commander";

export interface ReadOptions {
  readonly db?: string;
  readonly json?: boolean;
}

/** How every command describes its run argument. */
export const RUN = "the run's id, or its beginning (default: the latest run)";

/** How the commands that carry out a run describe what they share. */
export const WAIT =
  "how long to wait for an evaluator (default: 60s), or for a machine quiet enough to measure on (default: 2m)";
export const BELL = "ring the terminal's bell when the run ends";

/** Options that every reading command has. */
export function withReadOptions(command: Command): Command {
  return command
    .option("--db <file>", "lineage database (default: .kevo/lineage.db)")
    .option("--json", "write one JSON value to standard output");
}
