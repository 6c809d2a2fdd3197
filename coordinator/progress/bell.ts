/** The terminal's bell, which calls a person back when a run has ended. */

/** Silent where the output is not a terminal. */
export function ringBell(stream: NodeJS.WriteStream): void {
  if (stream.isTTY) stream.write("\u0007");
}
