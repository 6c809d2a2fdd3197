/**
 * A program started with `--parent` has a pipe as standard input, whose other end the starting process holds. It closes
 * when that process ends, however it ends.
 */
export function onParentEnd(listener: () => void): Disposable {
  const { stdin } = process;
  stdin.on("end", listener).on("close", listener).on("error", listener).resume();
  return {
    [Symbol.dispose]: () => {
      stdin.off("end", listener).off("close", listener).off("error", listener);
      // It must not keep this process.
      stdin.destroy();
    },
  };
}
