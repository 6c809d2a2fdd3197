/** The wall clock of a stored run. */
import type { runs } from "../schema.ts";

/** While it runs the stored wall clock is that of earlier sessions, or older than the newest commit. */
export function elapsedSeconds(row: typeof runs.$inferSelect, now: number): number {
  const begun = row.status === "running" && row.elapsedMs === 0;
  return (begun ? now - row.createdAt : row.elapsedMs) / 1000;
}
