/** Finalists that were wrong or broke on fresh inputs. They are out, whatever their single evaluation said. */
import { and, asc, eq } from "drizzle-orm";
import { z } from "zod";
import type { LineageDatabase } from "../database.ts";
import { events } from "../schema.ts";

/** The kind of event that takes a finalist out. */
export const FINALIST_FAILED = "finalist_failed";

const failedFinalist = z.object({
  candidate: z.string(),
  /** Outcome and what the evaluator said. */
  message: z.string(),
});

export type FailedFinalist = Readonly<z.infer<typeof failedFinalist>>;

const BETWEEN = " failed when measured again: ";

/** The event's message, for people. */
export function finalistFailed({ candidate, message }: FailedFinalist): string {
  return `${candidate}${BETWEEN}${message}`;
}

/** In the order in which they failed. */
export function failedFinalists(db: LineageDatabase, run: string): FailedFinalist[] {
  return db
    .select({ message: events.message, data: events.data })
    .from(events)
    .where(and(eq(events.run, run), eq(events.kind, FINALIST_FAILED)))
    .orderBy(asc(events.id))
    .all()
    .map(({ message, data }) => (data === null ? ofMessage(message) : failedFinalist.parse(JSON.parse(data))));
}

/** Events of earlier versions, and of their recordings, have the message alone. */
function ofMessage(message: string): FailedFinalist {
  const candidate = message.split(" ", 1)[0] as string;
  return { candidate, message: message.slice(candidate.length + BETWEEN.length) };
}
