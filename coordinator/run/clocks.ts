/** The periodic actions of a run. */

export interface Clocks {
  /** Shows how the run goes. */
  readonly onView: () => void;
  /** Stores how the run goes, for other processes. */
  readonly onStore: () => void;
  /** Checks whether the run has ended, or cannot continue. */
  readonly onLook: () => void;
  /** The run's time is up. */
  readonly onTimeUp: () => void;
  /** Seconds until then; null without a limit. */
  readonly leftS: number | null;
}

const VIEW_EVERY_MS = 250;
const STORE_EVERY_MS = 2_000;
const LOOK_EVERY_MS = 500;

export interface RunningClocks extends Disposable {
  /** Seconds until the run's time is up, from now on. */
  setTimeLeft(leftS: number): void;
}

/** Disposing of it stops them all. */
export function startClocks({ onView, onStore, onLook, onTimeUp, leftS }: Clocks): RunningClocks {
  const timers = [
    setInterval(onView, VIEW_EVERY_MS),
    setInterval(onStore, STORE_EVERY_MS),
    setInterval(onLook, LOOK_EVERY_MS),
  ];
  let end: NodeJS.Timeout | undefined;
  const setTimeLeft = (seconds: number) => {
    clearTimeout(end);
    end = setTimeout(onTimeUp, Math.max(0, seconds) * 1000);
  };
  if (leftS !== null) setTimeLeft(leftS);
  return {
    setTimeLeft,
    [Symbol.dispose]: () => {
      for (const timer of timers) clearTimeout(timer);
      clearTimeout(end);
    },
  };
}
