/** Constraints mean what Python means: random ones are compared with the real Python. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UserError } from "../../errors/user-error.ts";
import { labelledRandom } from "../../random/random.ts";
import { parseExpression } from "./expression.ts";
import { type RandomCase, randomCase } from "./random-expression.fixture.ts";
import { fromNumber } from "./value.ts";

const JUDGE = `
import json, sys, warnings
warnings.simplefilter("ignore")
def judge(case):
    try:
        return bool(eval(case["text"], {"__builtins__": {"min": min, "max": max, "abs": abs, "round": round}}, case["scope"]))
    except Exception as error:
        return type(error).__name__
json.dump([judge(case) for case in json.load(sys.stdin)], sys.stdout)
`;
const verdicts = z.array(z.union([z.boolean(), z.string()]));

function python(cases: readonly RandomCase[]): (boolean | string)[] {
  const input = JSON.stringify(cases);
  const output = execFileSync("python3", ["-c", JUDGE], { input, encoding: "utf8", maxBuffer: 2 ** 28 });
  return verdicts.parse(JSON.parse(output));
}

/** Ours: true, false, or "refused". */
function ours({ text, scope }: RandomCase): boolean | "refused" {
  try {
    const expression = parseExpression(text, new Set(Object.keys(scope)));
    return expression.holds(
      expression.names.map((name) => {
        const value = Object.getOwnPropertyDescriptor(scope, name)?.value;
        return typeof value === "number" ? fromNumber(value) : value;
      }),
    );
  } catch (error) {
    if (error instanceof UserError) return "refused";
    throw error;
  }
}

/** Cases that Python gives a truth value but ours reads otherwise, and how many of them ours refuses. */
function compare(cases: readonly RandomCase[]) {
  const theirs = python(cases);
  const accepted = cases.flatMap((c, at) => (typeof theirs[at] === "boolean" ? [{ ...c, python: theirs[at] }] : []));
  const results = accepted.map((c) => ({ ...c, ours: ours(c) }));
  return {
    accepted: accepted.length,
    refused: results.filter((result) => result.ours === "refused"),
    differences: results.filter((result) => result.ours !== "refused" && result.ours !== result.python),
    // Where Python raises, no configuration may count as valid.
    accepts: cases.filter((c, at) => typeof theirs[at] === "string" && ours(c) === true),
  };
}

describe("a constraint means what Python means", () => {
  test("in 20,000 random expressions over random scopes", () => {
    const random = labelledRandom("constraints compared with Python");
    const cases = Array.from({ length: 20_000 }, () => randomCase(random));
    const { accepted, refused, differences, accepts } = compare(cases);
    expect(accepted).toBeGreaterThan(10_000);
    expect(differences).toEqual([]);
    expect(accepts).toEqual([]);
    expect(refused.length / accepted, JSON.stringify(refused.slice(0, 3))).toBeLessThan(0.02);
  });

  const scope = { a: 6, b: 4, c: -7, big: 2 ** 53 - 1, f: 0.1, word: "rows", yes: true, max: 3, none: 0 };
  const texts = [
    "not a % b == 0",
    "a and not b or none",
    "not a == 6 or b == 4",
    "-2 ** 2 == -4",
    "2 ** -1 == 0.5",
    "2 ** 3 ** 2 == 512",
    "c // 2 == -4 and c % 4 == 1",
    "-7.5 // 2 == -4.0 and 7.5 % -2 == -0.5",
    "a ^ b == 2",
    "1 | 2 ^ 3 & 4 << 1 == 11",
    "b < a < 7 > b",
    "not 1 < a > 9",
    "a in (2, 4, 6) and b not in [1, 2]",
    '"ow" in word and word != "columns"',
    "a * big % 2 == 0 and big + 2 == 9007199254740993",
    "(a or b) == 6 and (none or 4) == b",
    "a if none else b == 6",
    "(a if none else b) == 4",
    "yes + yes == 2 and True == 1 and yes is True",
    "max == 3 and max ** 100 % 7 == 4",
    "f + f + f == 0.3",
    "0.1 * 3 != 0.3 and 7 / 2 == 3.5 and 7 // 2 == 3",
    "min(a, b) == 4 and abs(c) == 7 and round(2.5) == 2 and round(3.5) == 4",
    '"ab" "c" == "abc" and r"\\n" != "\\n"',
    "a == 6 != none",
    "~a == -7 and +yes == 1",
    "word < 'sows' and (1, 'a') < (1, 'b')",
    "1_000 == 0x3E8 == 0b1111101000",
  ];
  test("in the cases where languages differ", () => {
    const theirs = python(texts.map((text) => ({ text, scope })));
    expect(theirs.filter((verdict) => typeof verdict !== "boolean")).toEqual([]);
    expect(texts.map((text) => [text, ours({ text, scope })])).toEqual(texts.map((text, at) => [text, theirs[at]]));
  });

  test("names with a meaning in JavaScript or Python are parameters", () => {
    for (const name of ["max", "min", "end", "int", "true", "NaN", "null", "__proto__", "constructor", "math"]) {
      const named = JSON.parse(`{${JSON.stringify(name)}: 4}`);
      expect(ours({ text: `${name} * 2 == 8 and not ${name} == 3`, scope: named }), name).toBe(true);
    }
  });

  test("an expression without a value does not hold", () => {
    for (const text of ["1 // none == 0 or a", "a % none", "1 / none > 0", "2 ** 100000 > 1", "0.0 ** -1 > 0"]) {
      expect(ours({ text, scope }), text).toBe(false);
    }
  });
});
