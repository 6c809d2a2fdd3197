/** The subjects on which each role may publish and subscribe. The NATS server enforces them. */
import { LOG_STREAM, OBJECT_BUCKET, subjects } from "@kevo/proto/subjects.ts";
import type { Role } from "./role.ts";

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Subjects of the replies to this identity: no other identity may subscribe to them. */
export const inboxPrefix = (publicKey: string) => `_INBOX_${publicKey.slice(1, 21)}`;

const ANY = "*";
const OBJECT_STREAM = `OBJ_${OBJECT_BUCKET}`;

/** Reading a stream from the first entry on: its state, and an ordered consumer. */
const reading = (stream: string) => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.DELETE.${stream}.*`,
  `$JS.FC.${stream}.>`,
];
/** Objects are found by their newest entry in the bucket's stream. */
const objects = [
  "$JS.API.INFO",
  // The client looks the bucket up by its subjects.
  "$JS.API.STREAM.NAMES",
  ...reading(OBJECT_STREAM),
  `$JS.API.STREAM.MSG.GET.${OBJECT_STREAM}`,
];

/** Null: everything; the coordinator owns the bus. */
export function permissionsOf(role: Role, publicKey: string): Permissions | null {
  const inbox = `${inboxPrefix(publicKey)}.>`;
  switch (role) {
    case "coordinator":
      return null;
    case "worker":
      return {
        publish: [
          subjects.runs,
          ...[subjects.spec, subjects.lease, subjects.batch, subjects.gap, subjects.model].map((of) => of(ANY)),
          subjects.allElites(ANY),
          ...reading(LOG_STREAM),
          ...objects,
        ],
        subscribe: [inbox, subjects.control(ANY), subjects.allElites(ANY)],
      };
    case "evaluator":
      return { publish: [subjects.announcement(publicKey), ...objects], subscribe: [inbox] };
    case "operator":
      return {
        publish: [subjects.view(ANY), subjects.stop(ANY), subjects.action(ANY)],
        subscribe: [inbox, subjects.ended(ANY)],
      };
  }
}
