/** A listener that goes with its owner. */

/** At once where it is aborted already. */
export function onAbort(signal: AbortSignal, call: () => void): Disposable {
  signal.addEventListener("abort", call);
  if (signal.aborted) call();
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", call) };
}
