/**
 * What `npm test` does: format and lint, types, unused code, Python style, then every test; the first that fails ends it. Arguments
 * go to vitest. The last line is the count of tests, from vitest's own result.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../house/files.ts";
import { checkPython } from "./python.ts";
import { readCounts } from "./vitest-result.ts";

/** What runs under Node, and the pages, which run in a browser. */
const TYPED = [".", "coordinator/dashboard/web"];

function fail(message: string): never {
  process.stderr.write(`\nfailed: ${message}\n`);
  process.exit(1);
}

/** Runs a script of node_modules with this terminal; true when it succeeded. */
function succeeds(script: string, args: string[]): boolean {
  const { status } = spawnSync(process.execPath, [join(ROOT, "node_modules", script), ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
  return status === 0;
}

function step(name: string, passes: () => boolean, remedy: string): void {
  const started = performance.now();
  if (!passes()) fail(`${name}. ${remedy}`);
  process.stdout.write(`${name}: ok (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
}

function runTests(filters: string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "kevo-verify-"));
  const file = join(folder, "vitest.json");
  try {
    const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...filters];
    const passed = succeeds("vitest/vitest.mjs", args);
    const counts = readCounts(file, passed);
    for (const name of counts.timedOut) process.stdout.write(`timed out: ${name}\n`);
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
    process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
step("format and lint (biome)", () => succeeds("@biomejs/biome/bin/biome", ["check"]), "Try: npm run lint -- --write");
step(
  "types (tsc)",
  () => TYPED.every((project) => succeeds("typescript/bin/tsc", ["-p", project])),
  "The lines above say where.",
);
step("unused code and packages (knip)", () => succeeds("knip/bin/knip.js", []), "Remove what the lines above name.");
step("Python style (ruff)", checkPython, "The lines above say where.");
if (args[0] !== "--no-tests") runTests(args);
