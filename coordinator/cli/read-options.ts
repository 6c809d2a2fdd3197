/** Options and arguments of the reading commands. */
import type { Command } from "commander";

export interface ReadOptions {
  readonly db?: string;
  readonly json?: boolean;
}

/** How every command describes its run argument. */
export const RUN = "the run's id, or its beginning (default: the latest run)";

/** Options that every reading command has. */
export function withReadOptions(command: Command): Command {
  return command
    .option("--db <file>", "lineage database (default: .kevo/lineage.db)")
    .option("--json", "write one JSON value to standard output");
}
