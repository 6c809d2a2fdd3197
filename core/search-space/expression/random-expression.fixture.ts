/** Random constraints over random scopes, for the comparison with the real Python. */
import type { Random } from "../../random/random.ts";

export interface RandomCase {
  readonly text: string;
  readonly scope: Readonly<Record<string, number | string | boolean>>;
}

/** Names among which are those of functions, of other languages' words, and of an object's own fields. */
const NAMES = ["a", "b", "block_x", "max", "end", "true", "NaN", "null", "__proto__", "constructor"];
const WORDS = ["rows", "columns", "", "a", "x y"];

export function randomCase(random: Random): RandomCase {
  const pick = <T>(items: readonly T[]): T => random.choice(items);
  const names = random.shuffle([...NAMES]).slice(0, 4);
  const scope = Object.fromEntries(names.map((name) => [name, value()]));

  function value(): number | string | boolean {
    const kind = random.integer(10);
    if (kind < 6) return random.integer(70) - 8;
    if (kind < 8) return pick([0.5, 1.5, -2.25, 1e-3, 3.125, 0.1]);
    return kind === 8 ? pick(WORDS) : random.integer(2) === 1;
  }

  function number(depth: number): string {
    const kind = random.integer(depth <= 0 ? 5 : 16);
    if (kind < 3) return pick(names);
    if (kind < 4) return pick(["1.5", "0.5", "2.0", "1e3", ".25", "7.", "0x1F", "1_000", "True", "9007199254740993"]);
    if (kind < 5) return String(random.integer(40));
    if (kind < 11) return `${number(depth - 1)} ${pick(["+", "-", "*", "/", "//", "%"])} ${number(depth - 1)}`;
    if (kind === 11) return `${pick(["-", "+", "- -", "~"])}${number(depth - 1)}`;
    if (kind === 12) return `${number(depth - 1)} ${pick(["&", "|", "^", "<<", ">>"])} ${number(depth - 1)}`;
    if (kind === 13) return `${number(0)} ** ${pick(["2", "3", "0", "-1", "-2", "(1 + 1)", "2 ** 2"])}`;
    if (kind === 14) return `(${number(depth - 1)} if ${truth(depth - 1)} else ${number(depth - 1)})`;
    return `(${pick([number, truth])(depth - 1)})`;
  }

  function truth(depth: number): string {
    const kind = random.integer(depth <= 0 ? 4 : 16);
    if (kind < 5) return `${number(depth - 1)} ${pick(["==", "!=", "<", "<=", ">", ">="])} ${number(depth - 1)}`;
    if (kind < 6) return `${number(1)} ${pick(["<", "<=", "==", "!="])} ${number(1)} ${pick(["<", ">="])} ${number(1)}`;
    if (kind < 7)
      return `${number(1)} ${pick(["in", "not in"])} ${pick([`(${number(0)}, 2, "rows")`, "[1, 2, 4]", "()"])}`;
    if (kind < 10) return `not ${truth(depth - 1)}`;
    if (kind < 12) return `${truth(depth - 1)} and ${truth(depth - 1)}`;
    if (kind < 14) return `${truth(depth - 1)} or ${truth(depth - 1)}`;
    if (kind === 14) return `${truth(depth - 1)} if ${truth(depth - 1)} else ${truth(depth - 1)}`;
    return pick([`(${truth(depth - 1)})`, `${pick(names)} == "${pick(WORDS)}"`, number(depth - 1)]);
  }

  return { text: truth(3), scope };
}
