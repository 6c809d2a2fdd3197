/** The faults of a fake service by name, as its real counterpart has them. */
import { z } from "zod";

const FAULTS = {
  ok: "answers as asked",
  "401": "the key is wrong",
  "402": "no credits left",
  "402-key": "the budget of the key is spent (Exa)",
  "403": "the key does not open this",
  "429": "too many requests; the value is seconds until the window ends (default 1)",
  "429-code": "too many requests in X's older shape; value as above",
  "429-bare": "too many requests, without saying until when",
  "500": "an error of the service",
  "503": "not available, with JSON",
  "503-html": "not available, with an HTML page",
  hang: "never answers",
  cut: "the connection is cut in the middle of the answer",
  "cut-early": "the connection is cut before the answer",
  malformed: "an answer of another shape",
  truncated: "well-formed at first, ends in the middle (a length that fits)",
  redirect: "sends on to another place",
  empty: "an empty page though there are more (arXiv)",
  "error-200": "an error disguised as an entry, with status 200 (arXiv)",
  plain: "plain text where a feed belongs (arXiv)",
} as const;
type FaultName = keyof typeof FAULTS;

export interface Fault {
  readonly name: FaultName;
  readonly value: number | null;
}

const name = z.enum(Object.keys(FAULTS) as [FaultName, ...FaultName[]]);

/**
 * `429:2,503*3,ok`: one call each, in order; the last one repeats for ever.
 * @throws Error that names the step.
 */
export function parseScenario(text: string): Fault[] {
  return text.split(",").flatMap((step) => {
    const match = /^([a-z0-9-]+)(?::(\d+(?:\.\d+)?))?(?:\*(\d+))?$/.exec(step.trim());
    const parsed = name.safeParse(match?.[1]);
    if (match === null || !parsed.success) {
      throw new Error(`"${step}" is not a step of a scenario; the steps are ${Object.keys(FAULTS).join(", ")}.`);
    }
    const fault = { name: parsed.data, value: match[2] === undefined ? null : Number(match[2]) };
    return Array.from({ length: Number(match[3] ?? 1) }, () => fault);
  });
}
