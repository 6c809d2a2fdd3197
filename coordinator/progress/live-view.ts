/** Progress in a terminal: one frame, redrawn in place at most four times a second. */

import { printable } from "@kevo/core/text/printable.ts";
import { createLogUpdate } from "log-update";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { drawFrame } from "./frame.ts";
import type { Progress } from "./progress.ts";

const REDRAW_MS = 250;
/** Erases the window and goes to its top; what was scrolled away stays. */
const CLEAR = "\u001b[2J\u001b[H";
/** Kept for a window that is redrawn; older ones have been scrolled away. */
const MAX_NOTES = 200;
/** Of the curve; every second one goes when there are more. */
const MAX_POINTS = 2_000;

export function liveView(stream: NodeJS.WriteStream): Progress {
  const screen = createLogUpdate(stream);
  let latest: RunSnapshot | null = null;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let counted = 0;
  let curve: number[] = [];
  let notes: string[] = [];

  const draw = () => {
    timer = null;
    if (latest === null) return;
    drawnAt = performance.now();
    screen(drawFrame(latest, stream.columns ?? 80, stream.rows ?? 24, curve));
  };
  // A terminal wraps what was drawn for another width, so its lines can no longer be counted.
  const onResize = () => {
    if (latest === null || closed) return;
    screen.clear();
    stream.write(CLEAR);
    for (const note of notes.slice(-(stream.rows ?? 24))) screen.persist(note);
    draw();
  };
  stream.on("resize", onResize);

  return {
    update(snapshot) {
      if (closed) return;
      latest = snapshot;
      if (snapshot.best !== null && (snapshot.evaluated !== counted || curve.length === 0)) {
        counted = snapshot.evaluated;
        curve.push(snapshot.best.fitness);
        if (curve.length > MAX_POINTS) curve = curve.filter((_, at) => at % 2 === 1);
      }
      if (timer !== null) return;
      const wait = drawnAt + REDRAW_MS - performance.now();
      if (wait <= 0) draw();
      else timer = setTimeout(draw, wait).unref();
    },
    note(text) {
      // Above the frame, where it stays in the scrollback.
      const note = printable(text);
      if (closed) {
        stream.write(`${note}\n`);
        return;
      }
      notes = [...notes.slice(1 - MAX_NOTES), note];
      screen.persist(note);
    },
    close() {
      if (closed) return;
      closed = true;
      stream.off("resize", onResize);
      if (timer !== null) clearTimeout(timer);
      draw();
      screen.done();
    },
  };
}
