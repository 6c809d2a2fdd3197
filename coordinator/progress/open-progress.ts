/** Chooses how progress is shown. */
import { liveView } from "./live-view.ts";
import { plainLines } from "./plain-lines.ts";
import { type Progress, silent } from "./progress.ts";

/** @param stream where people read: standard error. */
export function openProgress(stream: NodeJS.WriteStream, { json }: { json: boolean }): Progress {
  if (json) return silent;
  return stream.isTTY && process.env.TERM !== "dumb" ? liveView(stream) : plainLines(stream);
}
