/** The file of a lock of the host. */
import { join } from "node:path";
import { privateFolder } from "../config/user-folders.ts";
import { type LockFile, openLockFile } from "../database/lock-file.ts";

/** @throws UserError when the file cannot be opened, or another user owns the directory. */
export function openNamedLock(name: string): LockFile {
  return openLockFile(join(privateFolder("kevo-locks"), `${encodeURIComponent(name)}.lock`));
}
