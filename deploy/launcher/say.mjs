/** Messages of the launcher. Standard error only: standard output belongs to the program (`--json`). */

/** A fault that the user can do something about; printed as one line, without a stack trace. */
export class LauncherError extends Error {}

/** @param {string} message */
export function say(message) {
  process.stderr.write(`kernelevolve: ${message}\n`);
}
