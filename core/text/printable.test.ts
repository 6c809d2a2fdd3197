import { expect, test } from "vitest";
import { printable, printableValue } from "./printable.ts";

test("no escape but a colour reaches a terminal", () => {
  const bold = "\u001b[1mhead\u001b[0m";
  expect(printable(`${bold}\ttext\n`)).toBe(`${bold}\ttext\n`);
  expect(printable("\u001b]0;title\u0007\u001b[2J\u009b31m\r")).toBe("\\x1b]0;title\\x07\\x1b[2J\\x9b31m\\x0d");
});

test("a value has no colours either", () => {
  expect(printableValue("\u001b[31mred\u001b[0m")).toBe("\\x1b[31mred\\x1b[0m");
});
