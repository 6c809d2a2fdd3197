/** Progress in a terminal: one frame, redrawn in place at most four times a second. */
import { createLogUpdate } from "log-update";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { drawFrame } from "./frame.ts";
import type { Progress } from "./progress.ts";

const REDRAW_MS = 250;

export function liveView(stream: NodeJS.WriteStream): Progress {
  const screen = createLogUpdate(stream);
  let latest: RunSnapshot | null = null;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const draw = () => {
    timer = null;
    if (latest === null) return;
    drawnAt = performance.now();
    screen(drawFrame(latest, stream.columns ?? 80, stream.rows ?? 24));
  };

  return {
    update(snapshot) {
      if (closed) return;
      latest = snapshot;
      if (timer !== null) return;
      const wait = drawnAt + REDRAW_MS - performance.now();
      if (wait <= 0) draw();
      else timer = setTimeout(draw, wait).unref();
    },
    note(text) {
      // Above the frame, where it stays in the scrollback.
      if (closed) stream.write(`${text}\n`);
      else screen.persist(text);
    },
    close() {
      if (closed) return;
      closed = true;
      if (timer !== null) clearTimeout(timer);
      draw();
      screen.done();
    },
  };
}
