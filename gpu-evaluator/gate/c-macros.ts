/**
 * The preprocessor's effect on an evolved region, as far as the gate needs it: a macro is read as its code wherever it
 * is used. A region has neither # nor ## nor #undef, so replacing names is all of it; which branch of an #if is taken
 * is unknown here, so every definition is tried.
 */
import { type Macro, macroOf } from "./c-structure.ts";
import { type Directive, split, type Token, type Tokens } from "./c-tokens.ts";

interface Definition {
  readonly parameters: readonly string[];
  readonly body: readonly Token[];
}

interface Defined {
  readonly name: string;
  /** Distinct expansions. Null: here the name may mean itself. */
  readonly definitions: readonly (Definition | null)[];
  /** How many of the code's tokens precede the first of them. */
  readonly from: number;
  readonly isFunction: boolean;
  /** It makes a text of its arguments: the kernel's own may, and say what they unroll. */
  readonly makesText: boolean;
}

/** All ways to choose between the definitions of all macros. */
const MAX_VARIANTS = 128;
/** Of all variants together. */
const MAX_TOKENS = 400_000;
const MAX_DEPTH = 64;

export interface Expanded {
  readonly variants: readonly (readonly Token[])[];
  readonly complaints: readonly string[];
}

/** @param around the kernel's code before the region, whose macros a region may use. */
export function expand({ code, directives }: Tokens, around: Tokens): Expanded {
  const macros = macrosOf(directives, around.directives);
  const complaints = [...usedAsValues(code, macros), ...bodiesWithout(macros)];
  const used = [...reachable(code, macros)].map((name) => macros.get(name) as Defined);
  const choices = used.filter(({ definitions }) => definitions.length > 1);
  const count = choices.reduce((product, { definitions }) => product * definitions.length, 1);
  if (count > MAX_VARIANTS)
    return { variants: [], complaints: [...complaints, "too many macros with several meanings"] };
  const variants: Token[][] = [];
  const budget = { left: MAX_TOKENS };
  for (let variant = 0; variant < count; variant++) {
    let rest = variant;
    const chosen = new Map(used.map(({ name, definitions }) => [name, definitions[0] ?? null]));
    for (const { name, definitions } of choices) {
      chosen.set(name, definitions[rest % definitions.length] as Definition | null);
      rest = Math.floor(rest / definitions.length);
    }
    const expansion = new Expansion(macros, chosen, budget);
    variants.push(expansion.all(code));
    complaints.push(...expansion.complaints);
    if (budget.left < 0) return { variants: [], complaints: [...complaints, "macros that expand to too much"] };
  }
  return { variants, complaints };
}

class Expansion {
  readonly complaints: string[] = [];
  readonly #macros: ReadonlyMap<string, Defined>;
  readonly #chosen: ReadonlyMap<string, Definition | null>;
  readonly #budget: { left: number };
  /** Place in the code of the current expansion. */
  #at = 0;

  constructor(
    macros: ReadonlyMap<string, Defined>,
    chosen: ReadonlyMap<string, Definition | null>,
    budget: { left: number },
  ) {
    this.#macros = macros;
    this.#chosen = chosen;
    this.#budget = budget;
  }

  all(code: readonly Token[]): Token[] {
    return this.#expand(code, [], true);
  }

  #expand(tokens: readonly Token[], hidden: readonly string[], isCode = false): Token[] {
    const out: Token[] = [];
    for (let at = 0; at < tokens.length && this.#budget.left >= 0; at++) {
      const token = tokens[at] as Token;
      if (isCode) this.#at = at;
      this.#budget.left--;
      const macro = token.kind === "name" && !hidden.includes(token.text) ? this.#macros.get(token.text) : undefined;
      const definition = macro === undefined || macro.from > this.#at ? null : (this.#chosen.get(token.text) ?? null);
      if (macro === undefined || definition === null) {
        out.push(token);
        continue;
      }
      if (hidden.length >= MAX_DEPTH) {
        this.#budget.left = -1;
        break;
      }
      const within = [...hidden, token.text];
      if (definition.parameters.length === 0) {
        for (const one of this.#expand(definition.body, within)) out.push(one);
        continue;
      }
      if (tokens[at + 1]?.text !== "(") {
        out.push(token);
        continue;
      }
      const { args, end } = argumentsAt(tokens, at + 1);
      at = end;
      if (macro.makesText) {
        if (args.some((arg) => arg.length !== 1))
          this.complaints.push(`more than one word for the macro ${token.text}`);
        continue;
      }
      const values = args.map((arg) => this.#expand(arg, hidden));
      const body = definition.body.flatMap((one) => {
        const parameter = one.kind === "name" ? definition.parameters.indexOf(one.text) : -1;
        return parameter < 0 ? [one] : (values[parameter] ?? []);
      });
      for (const one of this.#expand(body, within)) out.push(one);
    }
    return out;
  }
}

/** @param open place of the parenthesis. `end`: of its partner */
function argumentsAt(tokens: readonly Token[], open: number): { args: Token[][]; end: number } {
  const args: Token[][] = [[]];
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    if (token.text === "(" && depth++ === 0) continue;
    if (token.text === ")" && --depth === 0) return { args, end: at };
    if (token.text === "," && depth === 1) args.push([]);
    else (args.at(-1) as Token[]).push(token);
  }
  return { args, end: tokens.length };
}

function macrosOf(own: readonly Directive[], around: readonly Directive[]): Map<string, Defined> {
  const sure = new Set([...surelyDefined(own), ...definesIn(around).map(({ name }) => name)]);
  const found = new Map<string, { definitions: Map<string, Definition>; from: number }>();
  const add = ({ name, parameters, body }: Macro, at: number) => {
    const one = found.get(name) ?? { definitions: new Map<string, Definition>(), from: at };
    one.definitions.set(`${parameters.join()} ${body.trim()}`, { parameters, body: split(body) });
    found.set(name, one);
  };
  for (const macro of definesIn(around)) add(macro, 0);
  for (const { name, rest, at } of own) if (name === "define") for (const macro of macroOf(rest)) add(macro, at);
  const textual = textMakers([...found].map(([name, { definitions }]) => [name, [...definitions.values()]]));
  return new Map(
    [...found].map(([name, { definitions, from }]) => {
      const all = [...definitions.values()];
      const isFunction = all.every(({ parameters }) => parameters.length > 0);
      const alternatives = sure.has(name) || isFunction ? all : [...all, null];
      return [name, { name, definitions: alternatives, from, isFunction, makesText: textual.has(name) }];
    }),
  );
}

const definesIn = (directives: readonly Directive[]) =>
  directives.flatMap(({ name, rest }) => (name === "define" ? macroOf(rest) : []));

/** Macros that are defined whichever branches are taken. */
function surelyDefined(directives: readonly Directive[]): Set<string> {
  const outermost = new Set<string>();
  let here = outermost;
  const open: { outer: Set<string>; branches: Set<string>[]; isComplete: boolean }[] = [];
  for (const { name, rest } of directives) {
    if (name === "define") for (const macro of macroOf(rest)) here.add(macro.name);
    else if (name.startsWith("if")) {
      const outer = here;
      here = new Set();
      open.push({ outer, branches: [here], isComplete: false });
    } else if (name === "elif" || name === "else") {
      here = new Set();
      const chain = open.at(-1);
      if (chain === undefined) continue;
      chain.branches.push(here);
      chain.isComplete ||= name === "else";
    } else if (name === "endif") {
      const chain = open.pop();
      if (chain === undefined) continue;
      here = chain.outer;
      const [first = new Set<string>(), ...others] = chain.branches;
      if (!chain.isComplete) continue;
      for (const one of first) if (others.every((other) => other.has(one))) here.add(one);
    }
  }
  return outermost;
}

/** Those whose bodies have # or _Pragma, or use one that has. */
function textMakers(macros: readonly (readonly [name: string, definitions: readonly Definition[]])[]): Set<string> {
  const found = new Set<string>();
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const [name, definitions] of macros) {
      const words = definitions.flatMap(({ body }) => body);
      if (words.some(({ text }) => text === "#" || text === "_Pragma" || found.has(text))) found.add(name);
    }
  }
  return found;
}

function reachable(code: readonly Token[], macros: ReadonlyMap<string, Defined>): Set<string> {
  const found = new Set<string>();
  const look = (tokens: readonly Token[]) => {
    for (const { kind, text } of tokens) {
      const macro = kind === "name" && !found.has(text) ? macros.get(text) : undefined;
      if (macro === undefined) continue;
      found.add(text);
      for (const definition of macro.definitions) if (definition !== null) waiting.push(definition.body);
    }
  };
  const waiting: (readonly Token[])[] = [code];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) look(next);
  return found;
}

/** A macro with parameters is used with arguments only: nothing else may bear its name. */
function usedAsValues(tokens: readonly Token[], macros: ReadonlyMap<string, Defined>): string[] {
  return tokens.flatMap(({ kind, text }, at) =>
    kind === "name" && macros.get(text)?.isFunction === true && tokens[at + 1]?.text !== "("
      ? [`the macro ${text} without arguments`]
      : [],
  );
}

function bodiesWithout(macros: ReadonlyMap<string, Defined>): string[] {
  return [...macros.values()].flatMap(({ name, definitions }) =>
    definitions.flatMap((definition) => {
      if (definition === null) return [];
      if (definition.parameters.some((one) => !/^\w*$/.test(one))) return [`the parameters of the macro ${name}`];
      return usedAsValues(definition.body, macros);
    }),
  );
}
