/** When a run worked: its clock stands still between its sessions. */

export interface Session {
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
}

interface StoredEvent {
  readonly kind: string;
  readonly at: number;
}

const ENDS: ReadonlySet<string> = new Set(["completed", "stopped", "interrupted", "failed"]);

/**
 * @param created when the run was stored.
 * @param lastSign time of day of the last thing that is stored before a time: where a coordinator was killed, its
 *   session ended there.
 */
export function sessionsOf(
  created: number,
  events: readonly StoredEvent[],
  lastSign: (before: number) => number,
): Session[] {
  const sessions: Session[] = [];
  let from: number | null = created;
  let begun = false;
  for (const { kind, at } of events) {
    if (ENDS.has(kind) && from !== null) {
      sessions.push({ from, to: Math.max(from, at) });
      from = null;
    } else if (kind === "started") {
      if (from !== null && begun) {
        sessions.push({ from, to: Math.max(from, lastSign(at)) });
        from = at;
      }
      from ??= at;
      begun = true;
    }
  }
  if (from !== null) sessions.push({ from, to: null });
  return sessions;
}

/** Seconds that the run had worked at a time of day. */
export function elapsedAt(sessions: readonly Session[], time: number): number {
  let ms = 0;
  for (const { from, to } of sessions) {
    if (time <= from) break;
    ms += Math.min(time, to ?? time) - from;
  }
  return ms / 1000;
}
