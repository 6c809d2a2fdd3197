/**
 * A constraint while parameters are set one after the other: what must be remembered of those that are set, and
 * whether the rest can still satisfy it.
 */
import { compile } from "../expression/evaluate.ts";
import { type ComparisonOperator, namesIn, type Syntax } from "../expression/syntax.ts";
import { int, isTrue, type PyValue, TypeMistake, UndefinedResult } from "../expression/value.ts";
import { type Chain, joined, neutral, type RuleParameter, withoutChains } from "./chain.ts";

/** Memory of the parameters that are set: values of chains, then genes outside of chains. */
export type RuleState = readonly (bigint | number)[];
/** The rule holds, or can no longer hold, for any values of the other parameters. */
export const SATISFIED: unique symbol = Symbol("satisfied");
export const VIOLATED: unique symbol = Symbol("violated");
type RuleStep = RuleState | typeof SATISFIED | typeof VIOLATED;

export interface Rule {
  /** Positions of the parameters that it reads. */
  readonly reads: readonly number[];
  /** Follows the rule through parameters that are set in this order. */
  track(order: readonly number[]): Tracker;
}

interface Tracker {
  readonly start: RuleState;
  /** @param parameter one that the rule reads; the parameters come in the order of `track`. */
  step(state: RuleState, parameter: number, gene: number): RuleStep;
}

/** The rules that must all hold for an expression to hold: the parts of an `and`, the links of a comparison. */
export function rulesOf(syntax: Syntax, parameters: ReadonlyMap<string, RuleParameter>): Rule[] {
  if (syntax.kind === "logic" && syntax.operator === "and") {
    return [...rulesOf(syntax.left, parameters), ...rulesOf(syntax.right, parameters)];
  }
  if (syntax.kind === "compare" && syntax.links.length > 1) {
    let first = syntax.first;
    return syntax.links.flatMap((link) => {
      const rules = rulesOf({ kind: "compare", first, links: [link] }, parameters);
      first = link.right;
      return rules;
    });
  }
  return [ruleOf(syntax, parameters)];
}

function ruleOf(whole: Syntax, parameters: ReadonlyMap<string, RuleParameter>): Rule {
  const { syntax, chains } = withoutChains(whole, parameters);
  const names = namesIn(syntax).filter((name) => !name.startsWith("#"));
  const single = names.map((name) => parameters.get(name) as RuleParameter);
  const chainNames = chains.map((_, at) => `#${at}`);
  const evaluate = compile(syntax, new Map([...chainNames, ...names].map((name, slot) => [name, slot])));
  const holds = (scope: readonly PyValue[]): boolean => {
    try {
      return isTrue(evaluate(scope));
    } catch (error) {
      // The whole expression is evaluated, and its mistakes are reported, once all parameters are set.
      if (error instanceof UndefinedResult || error instanceof TypeMistake) return false;
      throw error;
    }
  };
  const reads = [
    ...new Set([...chains.flatMap(({ terms }) => [...terms.keys()]), ...single.map(({ index }) => index)]),
  ];
  const comparison = comparisonOf(syntax, chains);
  return { reads, track: (order) => tracker({ reads, chains, single, holds, comparison }, order) };
}

interface Parts {
  readonly reads: readonly number[];
  readonly chains: readonly Chain[];
  readonly single: readonly RuleParameter[];
  holds(scope: readonly PyValue[]): boolean;
  readonly comparison: Comparison | null;
}

function tracker({ reads, chains, single, holds, comparison }: Parts, order: readonly number[]): Tracker {
  const depthOf = new Map(order.map((parameter, depth) => [parameter, depth]));
  const depth = (parameter: number): number => depthOf.get(parameter) as number;
  const last = reads.toSorted((a, b) => depth(a) - depth(b)).at(-1);
  const singleInOrder = single.toSorted((a, b) => depth(a.index) - depth(b.index));
  const slots = single.map((parameter) => chains.length + singleInOrder.indexOf(parameter));
  const rests = chains.map((chain) => restsOf(chain, order));
  return {
    start: chains.map(({ constant }) => constant),
    step: (state, parameter, gene) => {
      const next = state.map((value, at) => {
        const chain = chains[at];
        const term = chain?.terms.get(parameter)?.[gene];
        return chain === undefined || term === undefined ? value : joined(chain.kind, value as bigint, term);
      });
      if (single.some(({ index }) => index === parameter)) next.push(gene);
      if (parameter === last) {
        const scope = [
          ...next.slice(0, chains.length).map((value) => int(value as bigint)),
          ...single.map(({ values }, at) => values[next[slots[at] as number] as number] as PyValue),
        ];
        return holds(scope) ? SATISFIED : VIOLATED;
      }
      if (comparison === null) return next;
      const ranges = chains.map((chain, at) =>
        rangeOf(chain, next[at] as bigint, rests[at]?.[depth(parameter)] as Rest),
      );
      return decided(comparison, ranges) ?? next;
    },
  };
}

/** The contribution of the terms whose parameters are not yet set. */
interface Rest {
  readonly min: bigint;
  readonly max: bigint;
  /** Whether every one of them is positive; a product's range is only known then. */
  readonly positive: boolean;
}
interface Range {
  readonly min: bigint;
  readonly max: bigint;
  /** The product so far, where the terms to come are positive ints: it divides the whole product. */
  readonly divisor: bigint | null;
}

function restsOf({ kind, terms }: Chain, order: readonly number[]): Rest[] {
  let rest: Rest = { min: neutral(kind), max: neutral(kind), positive: true };
  return order
    .toReversed()
    .map((parameter) => {
      const after = rest;
      const values = terms.get(parameter);
      if (values !== undefined) {
        const sorted = values.toSorted((a, b) => (a < b ? -1 : 1));
        const [min, max] = [sorted[0] as bigint, sorted.at(-1) as bigint];
        rest = {
          min: joined(kind, rest.min, min),
          max: joined(kind, rest.max, max),
          positive: rest.positive && min > 0n,
        };
      }
      return after;
    })
    .toReversed();
}

function rangeOf({ kind }: Chain, value: bigint, rest: Rest): Range | null {
  if (kind === "sum") return { min: value + rest.min, max: value + rest.max, divisor: null };
  if (!rest.positive) return null;
  const [a, b] = [value * rest.min, value * rest.max];
  return a <= b ? { min: a, max: b, divisor: value } : { min: b, max: a, divisor: value };
}

type Side = { readonly chain: number } | { readonly constant: bigint };
interface Comparison {
  readonly operator: ComparisonOperator;
  readonly left: Side;
  readonly right: Side;
}

/** The rule as one comparison of chains and ints, where it is one. */
function comparisonOf(syntax: Syntax, chains: readonly Chain[]): Comparison | null {
  if (syntax.kind !== "compare" || chains.length === 0) return null;
  const [link] = syntax.links;
  if (link === undefined) return null;
  const [left, right] = [sideOf(syntax.first), sideOf(link.right)];
  return left === null || right === null ? null : { operator: link.operator, left, right };
}

function sideOf(syntax: Syntax): Side | null {
  if (syntax.kind === "name" && syntax.name.startsWith("#")) return { chain: Number(syntax.name.slice(1)) };
  if (syntax.kind !== "value" || (typeof syntax.value !== "number" && typeof syntax.value !== "bigint")) return null;
  return { constant: BigInt(syntax.value) };
}

/** The decision that the ranges already allow; null where the other parameters decide. */
function decided(
  { operator, left, right }: Comparison,
  ranges: readonly (Range | null)[],
): typeof SATISFIED | typeof VIOLATED | null {
  const [a, b] = [sideRange(left, ranges), sideRange(right, ranges)];
  if (a === null || b === null) return null;
  switch (operator) {
    case "<":
      return a.max < b.min ? SATISFIED : a.min >= b.max ? VIOLATED : null;
    case "<=":
      return a.max <= b.min ? SATISFIED : a.min > b.max ? VIOLATED : null;
    case ">":
      return a.min > b.max ? SATISFIED : a.max <= b.min ? VIOLATED : null;
    case ">=":
      return a.min >= b.max ? SATISFIED : a.max < b.min ? VIOLATED : null;
    case "==":
      return canBeEqual(a, b) ? null : VIOLATED;
    case "!=":
      return canBeEqual(a, b) ? null : SATISFIED;
    default:
      return null;
  }
}

function sideRange(side: Side, ranges: readonly (Range | null)[]): Range | null {
  if ("chain" in side) return ranges[side.chain] ?? null;
  return { min: side.constant, max: side.constant, divisor: null };
}

function canBeEqual(a: Range, b: Range): boolean {
  if (a.max < b.min || b.max < a.min) return false;
  return isMultiple(a, b) && isMultiple(b, a);
}

/** Whether `value`, where it is one number, can be a product that `divisor` divides. */
function isMultiple({ divisor }: Range, value: Range): boolean {
  if (divisor === null || divisor === 0n || value.min !== value.max) return true;
  return value.min % divisor === 0n;
}
