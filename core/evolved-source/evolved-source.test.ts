import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeRegion } from "./edits.ts";
import { evolvedRegion, splitCode, withRegion } from "./region.ts";

const C = "#include <math.h>\n// EVOLVE-BEGIN: the loops\nint a;\nint b;\n// EVOLVE-END\nint main(void);\n";

describe("the region", () => {
  test("lies between its two markers, in C and in Python", () => {
    expect(splitCode(C)).toEqual({
      before: "#include <math.h>\n// EVOLVE-BEGIN: the loops\n",
      region: "int a;\nint b;\n",
      after: "// EVOLVE-END\nint main(void);\n",
    });
    expect(splitCode("import x\n# EVOLVE-BEGIN\ny = 1\n# EVOLVE-END\n")?.region).toBe("y = 1\n");
  });

  test.each([
    ["none", "int a;\n"],
    ["no end", "// EVOLVE-BEGIN\nint a;\n"],
    ["the end first", "// EVOLVE-END\n// EVOLVE-BEGIN\n"],
    ["two", `${C}${C}`],
    ["a marker that is not alone in its comment", 'char *a = "// EVOLVE-BEGIN";\n// EVOLVE-END\n'],
  ])("%s is no region", (_what, text) => expect(splitCode(text)).toBeNull());

  test("code with another region is split again, for any content of the region", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        const found = evolvedRegion(C, withRegion(C, text));
        const isRefused = text.trim() === "" || text.includes("\0") || /EVOLVE-(BEGIN|END)/.test(text);
        if (isRefused) expect(found).toHaveProperty("wrong");
        else expect(found).toEqual({ region: text.endsWith("\n") ? text : `${text}\n` });
      }),
    );
  });

  test.each([
    ["changed before", C.replace("math", "unistd"), /outside/],
    ["changed behind", C.replace("main", "niam"), /outside/],
    ["cut so that both ends overlap", C.slice(0, 45), /outside/],
    ["a second region", withRegion(C, "// EVOLVE-END\nint system();\n// EVOLVE-BEGIN\n"), /marker/],
    ["nothing", withRegion(C, " \n"), /empty/],
  ])("refused: %s", (_what, text, why) => {
    expect(evolvedRegion(C, text)).toEqual({ wrong: expect.stringMatching(why) });
  });
});

describe("changes", () => {
  const region = "for (i) {\n  a += b;\n}\nfor (j) {\n  c += d;\n}\n";

  test("edits apply in order, each to what the one before it left; $ means nothing", () => {
    const edits = [
      { search: "a += b;", replace: "a += $& * e;" },
      { search: "e;", replace: "f;" },
    ];
    expect(changeRegion(region, { edits })).toEqual({ region: region.replace("a += b;", () => "a += $& * f;") });
  });

  test("all or nothing, and each edit that does not apply says why", () => {
    const edits = [
      { search: "a += b;", replace: "" },
      { search: "a  += b", replace: "x" },
      { search: "for (", replace: "while (" },
      { search: "  c += d; // the sum", replace: "" },
      { search: "", replace: "x" },
    ];
    const found = changeRegion(region, { edits });
    expect(found).toEqual({
      problems: [
        expect.stringMatching(/^edit 2: .*not occur exactly in the region/),
        expect.stringMatching(/^edit 3: .*2 times/),
        expect.stringMatching(/^edit 4: .*not occur exactly in the region/),
        expect.stringMatching(/^edit 5: .*empty/),
      ],
    });
  });

  test("a rewrite is the whole region, with or without a fence; the same again is no change", () => {
    expect(changeRegion(region, { rewrite: "int x;" })).toEqual({ region: "int x;\n" });
    expect(changeRegion(region, { rewrite: "```c\nint x;\n```\n" })).toEqual({ region: "int x;\n" });
    expect(changeRegion(region, { rewrite: region })).toEqual({ problems: [expect.stringMatching(/same/)] });
    expect(changeRegion(region, { edits: [] })).toEqual({ problems: [expect.stringMatching(/no edits/)] });
  });
});
