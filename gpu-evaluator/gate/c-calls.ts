/**
 * Functions are called by their names and in no other way: a function whose address is computed, or kept in a variable,
 * is one that the gate has not seen. So no type of a function or of a pointer to one is made or used, no function's
 * name means its address, no computed value is called, and no jump has a computed target.
 */
import { braceDepths, type Defined, partners } from "./c-structure.ts";
import { split, type Token } from "./c-tokens.ts";

const words = (text: string) => new Set(text.trim().split(/\s+/));

/** After these, parentheses hold no arguments of a call. */
const BEFORE_PARENTHESES = words(
  `if for while switch return sizeof case else do defined __attribute__ _Alignas _Alignof _Static_assert alignas alignof
   static_assert`,
);
/** Tokens that may precede an expression. */
const BEFORE_EXPRESSION = words("return case else do sizeof");
const TYPE_WORDS = words(
  `const volatile restrict __restrict __restrict__ signed unsigned void char short int long float double struct union enum
   _Bool bool size_t ptrdiff_t intptr_t uintptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t
   kevo_shape static inline register __m128 __m128i __m128d __m256 __m256i __m256d __m512 __m512i __m512d __mmask8 __mmask16
   __mmask32 __mmask64`,
);
/** Tokens that make pointers and arrays of a type. */
const OF_TYPES = words("* [ ] ( )");

export interface Names {
  /** All functions that may be called, the library's among them. */
  readonly functions: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
  readonly functionTypes: ReadonlySet<string>;
}

/** @param functions that need no definition */
export function namesOf(functions: ReadonlySet<string>, defined: readonly Defined[]): Names {
  const types = new Set([...TYPE_WORDS, ...defined.flatMap((one) => [...one.types])]);
  const macros = defined.flatMap((one) => [...one.macros.values()]);
  const ofTypes = macros.filter(({ body }) => split(body).some(({ text }) => types.has(text))).map(({ name }) => name);
  return {
    functions: new Set([...functions, ...defined.flatMap((one) => [...one.functions])]),
    types: new Set([...types, ...ofTypes]),
    functionTypes: new Set(defined.flatMap((one) => [...one.functionTypes])),
  };
}

/** @param parameters of the macro whose body the code is; null for other code */
export function computedCalls(code: readonly Token[], names: Names, parameters: readonly string[] | null): string[] {
  const reading = new Reading(code, names);
  return code.flatMap((token, at) => reading.wrongAt(token, at, parameters));
}

class Reading {
  readonly #code: readonly Token[];
  readonly #names: Names;
  readonly #partners: Int32Array;
  readonly #depths: Int32Array;
  /** For each token the parenthesis around it, or -1. */
  readonly #around: Int32Array;
  /** Places of the commas directly in the parentheses that open there. */
  readonly #commas = new Map<number, number[]>();
  /** How many of the tokens before a place are names, and how many can be part of no type. */
  readonly #namesBefore: Int32Array;
  readonly #othersBefore: Int32Array;

  constructor(code: readonly Token[], names: Names) {
    this.#code = code;
    this.#names = names;
    this.#partners = partners(code);
    this.#depths = braceDepths(code);
    this.#around = new Int32Array(code.length).fill(-1);
    this.#namesBefore = new Int32Array(code.length + 1);
    this.#othersBefore = new Int32Array(code.length + 1);
    const open: number[] = [];
    for (const [at, { kind, text }] of code.entries()) {
      const inner = open.at(-1) ?? -1;
      this.#around[at] = inner;
      if (text === ",") this.#commas.get(inner)?.push(at);
      if (text === "(") this.#commas.set(open[open.push(at) - 1] as number, []);
      if (text === ")") open.pop();
      const isType = kind === "number" || (kind === "name" ? names.types.has(text) : OF_TYPES.has(text));
      this.#namesBefore[at + 1] = (this.#namesBefore[at] as number) + (kind === "name" ? 1 : 0);
      this.#othersBefore[at + 1] = (this.#othersBefore[at] as number) + (isType ? 0 : 1);
    }
  }

  wrongAt({ kind, text }: Token, at: number, parameters: readonly string[] | null): string[] {
    const [before, after] = [this.#code[at - 1], this.#code[at + 1]];
    if (kind === "name") return this.#wrongName(text, at, parameters);
    if (after?.text === "(" && (text === "]" || (text === ")" && this.#isCalled(at))))
      return ["a call through a pointer"];
    if (text === "&" && after?.text === "&" && startsOperand(before)) return ["the address of a label"];
    if (text === ")" && after?.kind === "name" && this.#isOldHeader(at)) return ["parameters behind their list"];
    return [];
  }

  /** Outside of bodies, after names in parentheses, as in `int f(x) int x; { … }`. */
  #isOldHeader(at: number): boolean {
    const before = this.#code[(this.#partners[at] as number) - 1];
    if (this.#depths[at] !== 0 || this.#around[this.#partners[at] as number] !== -1) return false;
    return (
      before?.kind === "name" && !BEFORE_PARENTHESES.has(before.text) && this.#code[at + 1]?.text !== "__attribute__"
    );
  }

  #wrongName(text: string, at: number, parameters: readonly string[] | null): string[] {
    const { functions, functionTypes } = this.#names;
    const [before, after] = [this.#code[at - 1]?.text, this.#code[at + 1]];
    if (functionTypes.has(text)) return [`the type of a function (${text})`];
    if (text === "goto") return after?.kind === "name" ? [] : ["a jump to a computed place"];
    const isMember = before === "." || (before === ">" && this.#code[at - 2]?.text === "-");
    if (after?.text !== "(") {
      const isValue = functions.has(text) && !isMember && !this.#isTask(at);
      return isValue ? [`the function ${text} used without calling it`] : [];
    }
    if (isMember) return [`a call through the member ${text}`];
    if (text === "kevo_parallel" && this.#taskOf(at + 1) === null)
      return ["kevo_parallel with a body that is not the name of a function"];
    if (parameters?.includes(text)) return [`a call of ${text}, the parameter of a macro`];
    const isHeader = parameters !== null || (this.#depths[at] === 0 && this.#around[at] !== -1);
    return isHeader && this.#isDeclared(at) ? [`a function as a parameter (${text})`] : [];
  }

  /** Whether the parentheses that end at `at` hold no type of a cast and no condition, but something that is called. */
  #isCalled(at: number): boolean {
    const from = this.#partners[at] as number;
    if (from < 0) return true;
    const before = this.#code[from - 1];
    if (before?.kind === "name" && !BEFORE_EXPRESSION.has(before.text)) return !BEFORE_PARENTHESES.has(before.text);
    if (before?.text === ")" || before?.text === "]") return true;
    const count = (sums: Int32Array) => (sums[at] as number) - (sums[from + 1] as number);
    return count(this.#namesBefore) === 0 || count(this.#othersBefore) > 0;
  }

  /** Whether a type precedes the name, as in `void name(`. */
  #isDeclared(at: number): boolean {
    let place = at - 1;
    while (this.#code[place]?.text === "*") place--;
    const before = this.#code[place];
    if (before?.kind !== "name" || BEFORE_EXPRESSION.has(before.text)) return false;
    // A name beside a name is not an expression, whatever they mean.
    return place === at - 1 || this.#names.types.has(before.text);
  }

  #isTask(at: number): boolean {
    const around = this.#around[at] as number;
    return this.#code[around - 1]?.text === "kevo_parallel" && this.#taskOf(around) === at;
  }

  /**
   * Where kevo_parallel(threads, tasks, body, argument), whose parenthesis is at `open`, names its body; null where it
   * does not.
   */
  #taskOf(open: number): number | null {
    const [, from, to] = this.#commas.get(open) ?? [];
    if (from === undefined || to !== from + 2) return null;
    return this.#names.functions.has((this.#code[from + 1] as Token).text) ? from + 1 : null;
  }
}

/** Whether what follows an operator has nothing before it that the operator could join it to. */
function startsOperand(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "name") return BEFORE_EXPRESSION.has(before.text);
  return before.kind === "sign" && before.text !== ")" && before.text !== "]";
}
