/** Folders that an option names and something is written into later. */
import { accessSync, constants, mkdirSync } from "node:fs";
import { UserError } from "../errors/user-error.ts";

/**
 * Makes the folder at `path` where it is missing: before work whose result could not be stored.
 * @throws UserError (code 2) that names the option where nothing can be written there.
 */
export function makeFolder(path: string, option: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new UserError(`${option}: cannot write into ${path}: ${(error as Error).message}. Name another.`, 2);
  }
}
