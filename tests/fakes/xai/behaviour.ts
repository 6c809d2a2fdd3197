/** The reactions of the fake to a call. */
import { z } from "zod";

export const BEHAVIOURS = {
  ok: "answers as the schema and the prompt ask",
  "bad-key": "400, incorrect API key",
  overflow: "400, prompt too long",
  "rate-limit": "429 with Retry-After (seconds, default 1)",
  "rate-limit-bare": "429 without Retry-After",
  "no-credits": "429, credits used up",
  "server-error": "500",
  "html-503": "503 with an HTML page",
  slow: "answers well after this many milliseconds (default 20000)",
  trickle: "half an answer, and then nothing",
  cut: "the connection is cut in the middle of the answer",
  "cut-early": "the connection is cut before any answer",
  truncated: "the answer is cut at the limit of tokens",
  refusal: "the model refuses",
  prose: "the JSON stands in prose, in a fence",
  "not-json": "an answer without any JSON",
  endless: "10 MB of an answer, though fewer tokens were asked for",
  "breaks-constraint": "JSON that fits the schema and breaks what the schema cannot say",
  duplicates: "every item of a list is the same",
  hostile: "code that steals a key, opens a socket, and writes where it must not",
} as const;
export type BehaviourName = keyof typeof BEHAVIOURS;

export interface Behaviour {
  readonly name: BehaviourName;
  /** Seconds of `rate-limit`, milliseconds of `slow`. */
  readonly value: number | null;
}

const name = z.enum(Object.keys(BEHAVIOURS) as [BehaviourName, ...BehaviourName[]]);

/**
 * `rate-limit:2,server-error*3,ok`: one call each, in order; the last one repeats for ever.
 * @throws Error that names the step.
 */
export function parseScenario(text: string): Behaviour[] {
  return text.split(",").flatMap((step) => {
    const match = /^([a-z0-9-]+)(?::(\d+(?:\.\d+)?))?(?:\*(\d+))?$/.exec(step.trim());
    const parsed = name.safeParse(match?.[1]);
    if (match === null || !parsed.success) {
      throw new Error(`"${step}" is not a step of a scenario; the steps are ${Object.keys(BEHAVIOURS).join(", ")}.`);
    }
    const behaviour = { name: parsed.data, value: match[2] === undefined ? null : Number(match[2]) };
    return Array.from({ length: Number(match[3] ?? 1) }, () => behaviour);
  });
}
