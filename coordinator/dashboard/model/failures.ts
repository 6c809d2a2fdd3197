/** Failures, those alike together. */
import type { Outcome } from "@kevo/proto/outcome.ts";
import { failurePattern } from "../../lineage/queries/failures.ts";
import type { FailuresAnswer } from "../contract/progress.ts";

interface Failed {
  readonly candidate: string;
  readonly outcome: Outcome;
  readonly message: string;
}

const EXAMPLES = 3;
const MAX_GROUPS = 200;
const MAX_LINE = 500;

/** @param failed in the order in which they were counted. @returns the largest group first. */
export function groupFailures(failed: readonly Failed[]): FailuresAnswer["groups"] {
  const lines = Map.groupBy(failed, ({ outcome, message }) => `${outcome}\n${firstLine(message)}`);
  const groups = Map.groupBy([...lines.values()], ([first]) => {
    const { outcome, message } = first as Failed;
    return `${outcome}\n${failurePattern(firstLine(message))}`;
  });
  return [...groups.values()]
    .map((alike) => {
      const [most] = alike.toSorted((a, b) => b.length - a.length) as [Failed[]];
      const all = alike.flat();
      return {
        outcome: (most[0] as Failed).outcome,
        message: firstLine((most[0] as Failed).message),
        count: all.length,
        examples: all.slice(0, EXAMPLES).map(({ candidate }) => candidate),
      };
    })
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_GROUPS);
}

function firstLine(message: string): string {
  const end = message.indexOf("\n");
  // A pattern over a megabyte of one line would take minutes.
  return (end < 0 ? message : message.slice(0, end)).slice(0, MAX_LINE).trim();
}
