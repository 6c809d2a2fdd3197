/** The state of the replay: it only ever changes the position in the address, which every page follows. */
import { effect, signal } from "@preact/signals";
import { pending } from "../data/client.ts";
import { at, setParams } from "../state/location.ts";
import { advance } from "./advance.ts";

export const speed = signal<number>(10);
export const playing = signal(false);
/** Whether the bar is shown; it always is while the page shows another moment than now. */
export const opened = signal(false);

const TICK_MS = 60;
/** A page that answers slowly is shown in fewer steps, not in none: this long at most one step waits. Milliseconds. */
const MAX_WAIT_MS = 3000;

export function seek(position: number): void {
  setParams({ at: String(Math.max(0, Math.round(position))) });
}

export function close(): void {
  playing.value = false;
  opened.value = false;
  setParams({ at: null });
}

/**
 * Plays while `playing` holds. The next step waits for the answers of the one before, so that every step is seen.
 * @returns stops it for good
 */
export function keepPlaying(end: () => number): () => void {
  return effect(() => {
    if (!playing.value) return;
    let rest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      if (pending.peek() > 0 && now - last < MAX_WAIT_MS) return;
      const step = advance(at.peek() ?? 0, rest, now - last, speed.peek(), end());
      last = now;
      rest = step.rest;
      if (step.position !== at.peek()) seek(step.position);
      if (step.ended) playing.value = false;
    }, TICK_MS);
    return () => clearInterval(timer);
  });
}
