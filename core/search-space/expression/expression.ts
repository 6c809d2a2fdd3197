/**
 * A constraint or a condition: an expression over parameters that means what Python means by it, as Kernel Tuner's
 * users write theirs. It has no assignment, attribute, index or comprehension, and reaches nothing but its parameters.
 */
import { UserError } from "../../errors/user-error.ts";
import { compile } from "./evaluate.ts";
import { parse } from "./parse.ts";
import { namesIn, type Syntax, SyntaxMistake } from "./syntax.ts";
import { isTrue, type PyValue, TypeMistake, UndefinedResult } from "./value.ts";

export interface Expression {
  readonly text: string;
  readonly syntax: Syntax;
  /** Names that occur in it, in order of first appearance. */
  readonly names: readonly string[];
  /**
   * Whether it holds. `scope` gives each of `names` a value, in that order. An expression without a value (it divides
   * by zero, or its result is too large) does not hold.
   * @throws UserError on a type mistake.
   */
  holds(scope: readonly PyValue[]): boolean;
  /** Why it has no value there; null where it has one. */
  whyUndefined(scope: readonly PyValue[]): string | null;
}

/**
 * @param label names the expression in messages
 * @param what the allowed names are
 * @throws UserError that names its mistake, and suggests a replacement where one is known.
 */
export function parseExpression(
  text: string,
  allowed: ReadonlySet<string>,
  label = `constraint "${text}"`,
  what = "parameter",
): Expression {
  const fail = (what: string): never => {
    throw new UserError(`${label}: ${what}`, 2);
  };
  const syntax = mistakesAs(fail, () => parse(text, allowed, what));
  const names = namesIn(syntax);
  const evaluate = compile(syntax, new Map(names.map((name, slot) => [name, slot])));
  return {
    ...{ text, syntax, names },
    holds: (scope) => mistakesAs(fail, () => isDefinedAndTrue(evaluate, scope)),
    whyUndefined: (scope) => mistakesAs(fail, () => whyUndefined(evaluate, scope)),
  };
}

function whyUndefined(evaluate: (scope: readonly PyValue[]) => PyValue, scope: readonly PyValue[]): string | null {
  try {
    evaluate(scope);
    return null;
  } catch (error) {
    if (error instanceof UndefinedResult) return error.message;
    throw error;
  }
}

function isDefinedAndTrue(evaluate: (scope: readonly PyValue[]) => PyValue, scope: readonly PyValue[]): boolean {
  try {
    return isTrue(evaluate(scope));
  } catch (error) {
    if (error instanceof UndefinedResult) return false;
    throw error;
  }
}

function mistakesAs<T>(fail: (what: string) => never, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyntaxMistake || error instanceof TypeMistake) return fail(error.message);
    throw error;
  }
}
