/** Calls an objective for one configuration, and says what came of it. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { cut } from "@kevo/core/text/cut.ts";
import { Invalid, short } from "./errors.ts";
import type { Answer } from "./objective-server.ts";

const MAX_MESSAGE = 4_000;

/** @throws UserError where it returned what can never be a value. */
export async function callObjective<C>(objective: (config: C) => number | Promise<number>, config: C): Promise<Answer> {
  let value: unknown;
  try {
    value = await objective(config);
  } catch (error) {
    return answerOf(error);
  }
  if (typeof value !== "number") {
    throw new UserError(
      `The objective returned ${short(value)} for ${short(config)}. Return a number; throw Invalid for a configuration that cannot be used.`,
    );
  }
  if (Number.isFinite(value)) return { value };
  return { outcome: "incorrect", message: `the objective returned ${value}, which is no value` };
}

/** What it threw, with its stack; the first line says what happened, and leads: tables show the beginning. */
function answerOf(error: unknown): Answer {
  if (error instanceof Invalid) return { outcome: "invalid", message: error.message || "the objective threw Invalid" };
  const text = error instanceof Error ? (error.stack ?? String(error)) : `the objective threw ${short(error)}`;
  return { outcome: "crashed", message: cut(text, MAX_MESSAGE) };
}
