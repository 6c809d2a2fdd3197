import { expect, test } from "vitest";
import { pieces, visibleText } from "./untrusted.ts";

test("what hides or reorders text is named, all else stays as it is", () => {
  expect(visibleText("if (a\u202e) {\u2066")).toBe("if (a[U+202E]) {[U+2066]");
  expect(visibleText("\u001b[31mred\r")).toBe("[ESC][31mred[U+000D]");
  expect(visibleText("zero\u200bwidth\ufeff\u{e0041}")).toBe("zero[U+200B]width[U+FEFF][U+E0041]");
  expect(visibleText("line\n\ttab ünï 漢字 🎉 <script>")).toBe("line\n\ttab ünï 漢字 🎉 <script>");
});

test("the pieces of a megabyte without such characters are one", () => {
  expect(pieces("x".repeat(1_000_000))).toHaveLength(1);
});
