/**
 * The subjects on which each role may publish and subscribe. The NATS server enforces them.
 *
 * Nobody but the coordinator may use JetStream's API, not even to read: its answers, and what a consumer delivers, go to a
 * subject of the asker's choice, past his own permissions, and could be written into a log there.
 */
import { subjects } from "@kevo/proto/subjects.ts";
import type { Role } from "./role.ts";

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Subjects of the replies to this identity: no other identity may subscribe to them. */
export const inboxPrefix = (publicKey: string) => `_INBOX_${publicKey.slice(1, 21)}`;

/** Whether a subject is one of replies, of any identity or of none. */
export const isInbox = (subject: string) => /^_INBOX(?:_[A-Z2-7]{20})?\./.test(subject);

const ANY = "*";

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
          subjects.objects,
          ...[subjects.spec, subjects.lease, subjects.batch, subjects.gap, subjects.model].map((of) => of(ANY)),
          subjects.allElites(ANY),
        ],
        subscribe: [inbox, subjects.control(ANY), subjects.allLogs(ANY), subjects.allElites(ANY)],
      };
    case "evaluator":
      return { publish: [subjects.announcement(publicKey), subjects.objects], subscribe: [inbox] };
    case "operator":
      return {
        publish: [subjects.view(ANY), subjects.stop(ANY), subjects.action(ANY)],
        subscribe: [inbox, subjects.ended(ANY)],
      };
  }
}
