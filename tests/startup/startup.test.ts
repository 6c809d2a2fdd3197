/** A command loads what it needs and no more: which packages, not how long it took (`npm run bench:startup`). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildLineage } from "../../coordinator/lineage/lineage-builder.fixture.ts";
import { ROOT } from "../house/files.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

/** Says at the end which packages of npm were loaded, and how often drizzle's package.json was looked into. */
const WATCH = `
  const { registerHooks } = process.getBuiltinModule("module");
  const packages = new Set();
  let lookedInto = 0;
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      const inside = specifier.startsWith("drizzle-orm") || context.parentURL?.includes("/node_modules/drizzle-orm/");
      if (inside) lookedInto++;
      return found;
    },
    load: (url, context, next) => {
      const name = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1];
      if (name !== undefined) packages.add(name);
      return next(url, context);
    },
  });
  process.on("exit", () => process.stderr.write("\\n" + JSON.stringify({ packages: [...packages], lookedInto })));`;

function loadedBy(program: string, args: readonly string[], code = 0): { packages: string[]; lookedInto: number } {
  const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
  const main = join(ROOT, program, "cli/main.ts");
  const { status, stderr } = spawnSync(process.execPath, ["--import", watch, main, ...args], { encoding: "utf8" });
  expect(status, stderr).toBe(code);
  return JSON.parse(stderr.trim().split("\n").at(-1) as string);
}

describe.each(["coordinator", "gpu-evaluator", "island-worker", "research-stage"])("%s", (program) => {
  test.each(["--version", "--help"])("%s needs a parser of options, and schemas for their values", (option) => {
    const { packages } = loadedBy(program, [option]);
    const allowed = new Set(["commander", "zod"]);
    expect(packages.filter((name) => !allowed.has(name))).toEqual([]);
  });
});

test("coordinator lineage best needs the database, and nothing of a run", () => {
  const lineage = buildLineage();
  try {
    lineage.ok(lineage.candidate(lineage.run()), { speedups: { small: 2 } });
    const { packages, lookedInto } = loadedBy("coordinator", ["lineage", "best", "--db", lineage.path]);
    expect(packages).toContain("drizzle-orm");
    const ofRuns = new Set(["nats", "@grpc/grpc-js", "openai", "pino", "log-update", "canonicalize"]);
    expect(packages.filter((name) => ofRuns.has(name))).toEqual([]);
    // Once for each of its entry points, and not for each of its files: its package.json takes long to parse.
    expect(lookedInto).toBeLessThan(10);
  } finally {
    lineage.remove();
  }
});

test("an evaluator that nobody watches loads neither metrics nor spans", () => {
  const place = mkdtempSync(join(tmpdir(), "kevo-startup-"));
  try {
    writeSyntheticSpace(join(place, "space.json"));
    // It ends when its standard input does, which is at once.
    const args = ["start", "--backend", "replay", "--space", join(place, "space.json"), "--parent", "--json"];
    const { packages } = loadedBy("gpu-evaluator", args, 130);
    expect(packages).toContain("@grpc/grpc-js");
    expect(packages.filter((name) => name.startsWith("@opentelemetry/") || name === "prom-client")).toEqual([]);
  } finally {
    rmSync(place, { recursive: true });
  }
});
