import { describe, expect, test } from "vitest";
import { files, read } from "./files.ts";
import { circles, forbidden, importsOf } from "./imports.ts";

const sources = new Map(
  files()
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .map((file) => [file, read(file)]),
);

describe("imports of this clone", () => {
  test("point downward, and nats and drizzle stay behind their folders", () => {
    expect(sources.size).toBeGreaterThan(50);
    expect(forbidden(sources)).toEqual([]);
  });

  test("form no circle", () => {
    expect(circles(sources)).toEqual([]);
  });
});

describe("the rules catch", () => {
  const complaint = (file: string, source: string) => forbidden(new Map([[file, source]]));

  test.each([
    ["core/a.ts", 'import { x } from "@kevo/coordinator/run/x.ts";'],
    ["core/a.ts", 'import { x } from "../gpu-evaluator/x.ts";'],
    ["proto/a.ts", 'export * from "@kevo/core/errors/user-error.ts";'],
    ["gpu-evaluator/a.ts", 'import type { X } from "@kevo/island-worker/x.ts";'],
    ["island-worker/a.ts", 'const x = await import("@kevo/gpu-evaluator/x.ts");'],
    ["island-worker/a.ts", 'import "../coordinator/x.ts";'],
    ["core/a.ts", 'import { x } from "../tests/fixtures/x.ts";'],
    ["core/log/a.ts", 'import { connect } from "nats";'],
    ["coordinator/a.ts", 'import {\n  connect,\n  type Msg,\n} from "nats";'],
    ["core/bus/a.ts", 'import { connect } from "@nats-io/transport-node";'],
    ["island-worker/a.ts", 'import { eq } from "drizzle-orm/sqlite-core";'],
    ["research-stage/stages/a.ts", 'import { eq } from "drizzle-orm";'],
  ])("%s: %s", (file, source) => {
    expect(complaint(file, source)).toHaveLength(1);
  });

  test("only what is forbidden", () => {
    expect(complaint("core/bus/a.ts", 'import { connect } from "nats";\nimport "node:fs";')).toEqual([]);
    expect(
      complaint("coordinator/a.ts", 'import { x } from "@kevo/core/x.ts";\nimport { eq } from "drizzle-orm";'),
    ).toEqual([]);
    expect(complaint("tests/a.test.ts", 'import { x } from "@kevo/coordinator/x.ts";')).toEqual([]);
    expect(complaint("core/a.ts", '// import { x } from "@kevo/coordinator/x.ts";')).toEqual([]);
  });

  test("a circle over packages' names and relative paths, types not counted", () => {
    const circle = circles(
      new Map([
        ["core/a.ts", 'import { b } from "./b/b.ts";'],
        ["core/b/b.ts", 'export { c } from "@kevo/core/c.ts";'],
        ["core/c.ts", 'import { a } from "./a.ts";'],
        ["core/d.ts", 'import { e } from "./e.ts";'],
        ["core/e.ts", 'import type { D } from "./d.ts";'],
      ]),
    );
    expect(circle).toEqual([["core/a.ts", "core/b/b.ts", "core/c.ts", "core/a.ts"]]);
  });

  test("several imports in one source", () => {
    const found = importsOf('import a, { b } from "a";import * as c from "c";\nexport { d } from "d"; import("e")');
    expect(found.map(({ specifier }) => specifier)).toEqual(["a", "c", "d", "e"]);
  });
});
