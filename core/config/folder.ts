/** Folders that an option names and something is written into later. */

import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { reasonOf } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";

/**
 * Makes the folder at `path` and each one above it separately: with `recursive`, Node's `mkdirSync` never returns where
 * a parent reports a missing folder but refuses to create it, as in /proc.
 * @throws Node's error of the folder that cannot be made
 */
export function makePath(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makePath(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else was quicker.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/**
 * Makes the folder at `path` where it is missing: before work whose result could not be stored.
 * @throws UserError (code 2) that names the option where nothing can be written there.
 */
export function makeFolder(path: string, option: string): void {
  try {
    makePath(path);
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new UserError(`${option}: cannot write to ${path}: ${reasonOf(error)}. Name another folder.`, 2);
  }
}
