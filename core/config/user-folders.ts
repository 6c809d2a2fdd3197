/**
 * Where this user's programs keep things on this host, also where he has no name and no home, as in many containers.
 */
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../errors/user-error.ts";

/** The owner of what this process makes; -1 where the system has no such numbers. */
export const USER_ID = process.geteuid?.() ?? -1;

/** @returns null for a user whom the system does not know, and whose HOME is not set. */
export function homeFolder(): string | null {
  try {
    return homedir();
  } catch {
    return null;
  }
}

/**
 * A folder that only this user can write to, in the host's folder for temporary files; made where it is missing.
 * @throws UserError when it belongs to another user
 */
export function privateFolder(name: string): string {
  const path = join(tmpdir(), `${name}-${USER_ID}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || (USER_ID >= 0 && found.uid !== USER_ID)) {
    throw new UserError(`${path} is not a directory owned by this user. Remove it, or set TMPDIR to another directory`);
  }
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
  return path;
}

/**
 * The folder for data that can be made again: `kevo` in XDG_CACHE_HOME, or in `.cache` of the home folder, or, where
 * neither can be written, a folder for temporary files. Only the last is created here.
 * @throws UserError of `privateFolder`
 */
export function cacheRoot(environment: NodeJS.ProcessEnv): string {
  if (environment.XDG_CACHE_HOME) return resolve(environment.XDG_CACHE_HOME, "kevo");
  const home = homeFolder();
  const folder = home === null ? null : join(home, ".cache", "kevo");
  return folder !== null && canBeMade(folder) ? folder : privateFolder("kevo-cache");
}

function canBeMade(folder: string): boolean {
  try {
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) return canBeMade(dirname(folder));
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
