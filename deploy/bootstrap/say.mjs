/** Words of the bootstrap. Standard error only: standard output belongs to the program (`--json`). */

/** A fault that the user can do something about; printed as one line, without a stack trace. */
export class BootstrapError extends Error {}

/** @param {string} words */
export function say(words) {
  process.stderr.write(`kernelevolve: ${words}\n`);
}
