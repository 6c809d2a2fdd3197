/** For a program that has done everything: it ends by itself, unless something that it no longer needs keeps it. */

const WAIT_MS = 2_000;

/** A server that no longer reads, such as one that is stopped, never confirms the end of a connection to it. */
export function leaveSoon(): void {
  setTimeout(() => process.exit(), WAIT_MS).unref();
}
