/**
 * Events that version 0.1.0 stored, and recordings that hold such: their data stands in the message alone. This is the
 * only place where a program reads a message. A kind that is not here had nothing to tell, or had data already.
 *
 * | kind | message |
 * |---|---|
 * | `measured_under` | CANDIDATE {conditions, JSON} |
 * | `finalist_failed` | CANDIDATE failed when measured again: OUTCOME: WHY |
 * | `model_trouble` | MODEL (KIND): WHY |
 * | `attempt_lost` | CANDIDATE: WHY |
 * | `stopping` | "stop was asked for", or "the time of SECONDS s is up" |
 * | `exhausted` | whatever it says |
 */
import type { EventData, EventKind } from "@kevo/proto/event.ts";

type Reader<K extends EventKind> = (fields: Readonly<Record<string, string>>) => EventData<K>;

interface OldForm<K extends EventKind> {
  readonly form: RegExp;
  readonly read: Reader<K>;
}

const FORMS: { readonly [K in EventKind]?: OldForm<K> } = {
  measured_under: {
    form: /^(?<candidate>\S+) (?<conditions>\{.*\})$/s,
    read: ({ candidate = "", conditions = "" }) => ({ candidate, conditions: JSON.parse(conditions) }),
  },
  finalist_failed: {
    form: /^(?<candidate>\S+) failed when measured again: (?<message>.*)$/s,
    read: ({ candidate = "", message = "" }) => ({ candidate, message }),
  },
  model_trouble: {
    form: /^(?<model>.*?) \((?<kind>\w+)\): (?<text>.*)$/s,
    read: ({ model = "", kind = "", text = "" }) => ({ model, kind, text }),
  },
  attempt_lost: {
    form: /^(?<candidate>\S+): (?<why>.*)$/s,
    read: ({ candidate = "", why = "" }) => ({ candidate, why }),
  },
  stopping: {
    form: /^(?:(?<asked>stop was asked for)|the time of .* is up)$/,
    read: ({ asked }) => ({ end: asked === undefined ? "time_up" : "stop_requested" }),
  },
  exhausted: { form: /^/, read: () => ({ end: "space_exhausted" }) },
};

/** Null for a message that does not tell. */
export function dataOfOldMessage<K extends EventKind>(kind: K, message: string): EventData<K> | null {
  const old: OldForm<K> | undefined = FORMS[kind];
  // biome-ignore lint/plugin: this file exists for it
  const found = old?.form.exec(message);
  return found === null || found === undefined ? null : (old?.read(found.groups ?? {}) ?? null);
}
