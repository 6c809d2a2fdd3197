/**
 * `events` (the list of runs) and `runs/:run/events`: server-sent events. The id of an event is the position after it:
 * the tails of the islands' logs, joined by dots. A page that comes back with `Last-Event-ID` gets what follows, each
 * entry once.
 */
import { OUTCOMES } from "@kevo/proto/outcome.ts";
import { z } from "zod";
import { about, candidateId, count } from "./common.ts";

/** An entry of an island's log, as far as a page needs it. */
const liveEntry = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("asked"),
    island: count,
    n: count,
    batch: count,
    candidates: z.array(candidateId),
    /** Those that were adopted from another island. */
    migrants: z.array(z.object({ candidate: candidateId, origin: candidateId })),
  }),
  z.object({
    type: z.literal("evaluated"),
    island: count,
    n: count,
    candidate: candidateId,
    outcome: z.enum(OUTCOMES),
    cached: z.boolean(),
    value: z.number().nullable(),
  }),
]);
export type LiveEntry = z.infer<typeof liveEntry>;

/** Event `change`: sent at most four times a second, and when only the state of the run changed, without entries. */
export const liveChange = z.object({
  about,
  entries: z.array(liveEntry),
  /** True: too much has happened since; `entries` is empty, load the page's data again. */
  reload: z.boolean(),
});
export type LiveChange = z.infer<typeof liveChange>;

/** Event `runs` of `events`: the list of runs, or a status in it, has changed. Nothing else is in it. */
export const runsChange = z.object({ runs: count });
export type RunsChange = z.infer<typeof runsChange>;

/** @returns the id of the event after which a run's logs have these tails. */
export const eventId = (logs: readonly number[]): string => logs.join(".");

/** @returns null for what is no such id. */
export function tailsOfEventId(id: string): number[] | null {
  return /^-?\d+(\.-?\d+)*$/.test(id) ? id.split(".").map(Number) : null;
}
