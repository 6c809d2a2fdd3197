/** Which file a command's name stands for. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join, sep } from "node:path";

/** @param path as the environment's PATH. @returns null where there is no such program */
export function findProgram(program: string, path: string): string | null {
  if (program.includes(sep)) return existsSync(program) ? program : null;
  for (const folder of path.split(delimiter)) {
    const file = join(folder || ".", program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
