/** Commands suggested to people as a next step: they can be copied unchanged. */
import { resolve } from "node:path";
import { ownCommand, type ProgramName } from "@kevo/core/program/own-command.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { DEFAULT_DATABASE } from "./default-database.ts";

/**
 * @param command what follows the program; its words are quoted where a shell needs that.
 * @param database absolute path; named only where it is not the one that is looked for anyway.
 */
export function commandFor(command: string, database: string, program: ProgramName = "coordinator"): string {
  const at = database === resolve(DEFAULT_DATABASE) ? "" : ` --db ${shellWord(database)}`;
  return `${ownCommand(program)} ${command}${at}`;
}
