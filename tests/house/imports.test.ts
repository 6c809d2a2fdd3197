import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { files, ROOT, read } from "./files.ts";
import { folderCircles, forbidden, importsOf } from "./imports.ts";

const sources = new Map(
  files()
    .filter((file) => /\.(tsx?|mjs)$/.test(file))
    .map((file) => [file, read(file)]),
);

describe("imports of this clone", () => {
  test("point downward, and nats, drizzle and processes stay behind their folders", () => {
    expect(sources.size).toBeGreaterThan(50);
    expect(forbidden(sources)).toEqual([]);
  });

  test("form no circle of folders", () => {
    expect(folderCircles(sources)).toEqual([]);
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
    ["coordinator/run/a.ts", 'import { spawn } from "node:child_process";'],
  ])("%s: %s", (file, source) => {
    expect(complaint(file, source)).toHaveLength(1);
  });

  test("only forbidden imports", () => {
    expect(complaint("core/bus/a.ts", 'import { connect } from "nats";\nimport "node:fs";')).toEqual([]);
    expect(
      complaint("coordinator/a.ts", 'import { x } from "@kevo/core/x.ts";\nimport { eq } from "drizzle-orm";'),
    ).toEqual([]);
    expect(complaint("tests/a.test.ts", 'import { x } from "@kevo/coordinator/x.ts";')).toEqual([]);
    expect(complaint("core/a.ts", '// import { x } from "@kevo/coordinator/x.ts";')).toEqual([]);
  });

  test("a circle of folders at any depth, types counted, though no two files import each other", () => {
    const circle = folderCircles(
      new Map([
        ["core/run/a.ts", 'import { b } from "../record/b.ts";'],
        ["core/record/b.ts", 'import type { C } from "@kevo/core/deep/er/c.ts";'],
        ["core/record/last.ts", ""],
        ["core/deep/er/c.ts", ""],
        ["core/deep/d.ts", 'export { e } from "../run/e.ts";'],
        ["core/run/e.ts", ""],
      ]),
    );
    expect(circle).toEqual([
      [
        "core/run/a.ts imports core/record/b.ts",
        "core/record/b.ts imports core/deep/er/c.ts",
        "core/deep/d.ts imports core/run/e.ts",
      ],
    ]);
  });

  test("no circle between a folder's own files and the folders in it, nor through tests", () => {
    const circle = folderCircles(
      new Map([
        ["core/space.ts", 'import { b } from "./solver/b.ts";'],
        ["core/solver/b.ts", 'import type { C } from "../c.ts";'],
        ["core/c.ts", ""],
        ["core/x/x.ts", 'import { y } from "../y/y.ts";'],
        ["core/y/y.ts", ""],
        ["core/y/y.test.ts", 'import { x } from "../x/x.ts";'],
      ]),
    );
    expect(circle).toEqual([]);
  });

  test("several imports in one source", () => {
    const found = importsOf('import a, { b } from "a";import * as c from "c";\nexport { d } from "d"; import("e")');
    expect(found).toEqual(["a", "c", "d", "e"]);
  });
});

/** Biome's own rule, on a clone in small: that it knows the packages' names, and counts imports of types. */
test("the linter refuses a circle of files", () => {
  const clone = mkdtempSync(join(tmpdir(), "kevo-circle-"));
  const put = (file: string, text: string) => {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    writeFileSync(join(clone, file), text);
  };
  try {
    put("package.json", JSON.stringify({ private: true, workspaces: ["core"] }));
    put("core/package.json", JSON.stringify({ name: "@kevo/core", exports: { "./*": "./*" } }));
    put("node_modules/.keep", "");
    mkdirSync(join(clone, "node_modules/@kevo"));
    symlinkSync("../../core", join(clone, "node_modules/@kevo/core"));
    const { $schema: _, ...rules } = z.looseObject({}).parse(JSON.parse(read("biome.json")));
    put("biome.json", JSON.stringify(rules));
    put("tests/house/sentences.grit", read("tests/house/sentences.grit"));
    put("core/a.ts", 'import type { B } from "./deep/b.ts";\n\nexport type A = B | 1;\n');
    put("core/deep/b.ts", "export type B = 2;\n");
    expect(lint(clone)).toEqual({ status: 0, circles: 0 });
    put("core/deep/b.ts", 'import type { A } from "@kevo/core/a.ts";\n\nexport type B = A[];\n');
    expect(lint(clone)).toEqual({ status: 1, circles: 2 });
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
});

function lint(folder: string): { status: number | null; circles: number } {
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const command = [biome, "lint", "--vcs-enabled=false", "."];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: "utf8" });
  return { status, circles: (stdout + stderr).match(/ lint\/suspicious\/noImportCycles /g)?.length ?? 0 };
}
