/** Shows the progress of a run: a live view in a terminal, plain lines in a file or pipe, nothing for scripts. */
import type { RunSnapshot } from "../snapshot/snapshot.ts";

export interface Progress {
  /** May be called at any rate; the display is updated at a limited one. */
  update(snapshot: RunSnapshot): void;
  /** Something worth keeping on the screen, such as an evaluator that came or went. */
  note(text: string): void;
  /** Leaves the last state on the screen. Calling it twice is harmless. */
  close(): void;
}

export const silent: Progress = { update() {}, note() {}, close() {} };
