/** What is wrong with the path of a database, found before anything is opened or created. */
import { statSync } from "node:fs";
import { UserError } from "@kevo/core/errors/user-error.ts";

/** @throws UserError */
export function refuseFolder(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new UserError(`${file} is a folder. Name the database in it with --db FILE.`);
}

/** What is said where somebody looks for runs in a file that is not there. */
export function noDatabase(file: string): UserError {
  return new UserError(
    `There is no database ${file}. A run writes it (coordinator start); if yours lies elsewhere, name it with --db FILE.`,
  );
}
