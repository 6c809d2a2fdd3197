/** The events of a run that programs read, by kind. */
import { EVENT_DATA, type EventData, type EventKind } from "@kevo/proto/event.ts";
import { and, asc, eq } from "drizzle-orm";
import type { z } from "zod";
import type { LineageDatabase } from "../database.ts";
import { dataOfOldMessage } from "../old-events.ts";
import { events } from "../schema.ts";

/** Kinds that have data. */
export type TellingKind = { [K in EventKind]: EventData<K> extends undefined ? never : K }[EventKind];

/** Their data in the order in which they happened; an old event whose message does not tell is left out. */
export function eventsOf<K extends TellingKind>(db: LineageDatabase, run: string, kind: K): EventData<K>[] {
  const schema = EVENT_DATA[kind] as unknown as z.ZodType<EventData<K>>;
  return db
    .select({ message: events.message, data: events.data })
    .from(events)
    .where(and(eq(events.run, run), eq(events.kind, kind)))
    .orderBy(asc(events.id))
    .all()
    .map(({ message, data }) => (data === null ? dataOfOldMessage(kind, message) : JSON.parse(data)))
    .filter((data) => data !== null)
    .map((data) => schema.parse(data));
}
