/** The terminal's bell: for whoever looks elsewhere while a run goes on. */

/** Silent where nobody sits at a terminal. */
export function ringBell(stream: NodeJS.WriteStream): void {
  if (stream.isTTY) stream.write("\u0007");
}
