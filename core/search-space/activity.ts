/**
 * Parameters that count only under a condition (`activeWhen`). While a parameter does not count it has its canonical
 * value, so that configurations that mean the same are one. Conditions see canonical values too.
 */
import { UserError } from "../errors/user-error.ts";
import { type Constraint, compileExpression, pythonValue, ruleParameters } from "./constraint.ts";
import { type Expression, parseExpression } from "./expression/expression.ts";
import type { Syntax } from "./expression/syntax.ts";
import type { SpaceParameter } from "./parameter.ts";
import { rulesOf } from "./solver/rule.ts";

export interface Activity {
  /** Positions of the parameters that have a condition. */
  readonly conditional: readonly number[];
  /** Whether a parameter counts; the genes are canonical. */
  isActive(genes: readonly number[], at: number): boolean;
  /** The same array where the genes are canonical already. */
  canonical(genes: readonly number[]): readonly number[];
  /** That a parameter is active or has its canonical value. Together they hold for canonical genes and no others. */
  readonly constraints: readonly Constraint[];
  /** The first parameter that is never active, for any values of the others, or null. */
  readonly neverActive: string | null;
}

interface Condition {
  readonly at: number;
  readonly expression: Expression;
  readonly constraint: Constraint;
  readonly isNever: boolean;
  /** The gene that the parameter has while it is inactive. */
  readonly value: number;
}

/**
 * @param usual the default configuration, whose values are the canonical ones; null: each parameter's first value
 * @throws UserError (code 2) on a typo, an unknown name, a type mistake, or conditions that wait for each other.
 */
export function openActivity(parameters: readonly SpaceParameter[], usual: readonly number[] | null): Activity {
  const names = new Set(parameters.map(({ name }) => name));
  const conditions = parameters.flatMap(({ name, activeWhen }, at): Condition[] => {
    if (activeWhen === undefined) return [];
    const expression = parseExpression(activeWhen, names, `parameter ${name}: activeWhen "${activeWhen}"`);
    return [{ at, expression, ...compileExpression(expression, parameters), value: usual?.[at] ?? 0 }];
  });
  const ordered = inOrder(conditions, parameters);
  const conditionOf = new Map(conditions.map((condition) => [condition.at, condition.constraint]));
  const never = conditions.find(({ isNever }) => isNever);
  return {
    conditional: conditions.map(({ at }) => at),
    isActive: (genes, at) => conditionOf.get(at)?.holds(genes) ?? true,
    canonical: (genes) => {
      let canonical = genes;
      for (const { at, constraint, value } of ordered) {
        if (canonical[at] !== value && !constraint.holds(canonical)) canonical = canonical.with(at, value);
      }
      return canonical;
    },
    constraints: conditions.map((condition) => activeOrCanonical(condition, parameters)),
    neverActive: never === undefined ? null : (parameters[never.at] as SpaceParameter).name,
  };
}

/** Conditions after those of the parameters that they read. @throws UserError (code 2) on a circle. */
function inOrder(conditions: readonly Condition[], parameters: readonly SpaceParameter[]): Condition[] {
  const ordered: Condition[] = [];
  let waiting = [...conditions];
  while (waiting.length > 0) {
    const open = new Set(waiting.map(({ at }) => at));
    const ready = waiting.filter(({ constraint }) => !constraint.reads.some((read) => open.has(read)));
    if (ready.length === 0) {
      const circle = waiting.map(({ at, expression }) => `${parameters[at]?.name} ("${expression.text}")`);
      throw new UserError(`the activeWhen of these parameters depend on each other: ${circle.join(", ")}`, 2);
    }
    ordered.push(...ready);
    waiting = waiting.filter((condition) => !ready.includes(condition));
  }
  return ordered;
}

function activeOrCanonical(condition: Condition, parameters: readonly SpaceParameter[]): Constraint {
  const { at, expression, constraint, value } = condition;
  const { name, values } = parameters[at] as SpaceParameter;
  const canonical: Syntax = {
    kind: "compare",
    first: { kind: "name", name },
    links: [{ operator: "==", right: { kind: "value", value: pythonValue(values[value] as never) } }],
  };
  const syntax: Syntax = { kind: "logic", operator: "or", left: canonical, right: expression.syntax };
  return {
    text: `${name} == ${JSON.stringify(values[value])} or (${expression.text})`,
    reads: [...constraint.reads, at],
    holds: (genes) => genes[at] === value || constraint.holds(genes),
    rules: rulesOf(syntax, ruleParameters(parameters)),
    isWide: constraint.isWide,
  };
}
