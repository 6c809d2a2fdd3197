/** Finalists that were wrong or broke on fresh inputs. They cannot win, whatever their single evaluation found. */
import type { EventData } from "@kevo/proto/event.ts";
import type { LineageDatabase } from "../database.ts";
import { eventsOf } from "./events.ts";

/** `message`: outcome and what the evaluator said. */
export type FailedFinalist = Readonly<EventData<"finalist_failed">>;

/** In the order in which they failed. */
export function failedFinalists(db: LineageDatabase, run: string): FailedFinalist[] {
  return eventsOf(db, run, "finalist_failed");
}

/** The event's message, for people. */
export function describeFailedFinalist({ candidate, message }: FailedFinalist): string {
  return `${candidate} failed when measured again: ${message}`;
}
