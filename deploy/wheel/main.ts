/** `npm run wheel [-- FOLDER]`: the Python wheel, by default in `dist/`. Needs Python 3, whose zip it uses. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ROOT } from "../bundle/assemble.ts";
import { assembleWheel } from "./assemble.ts";

const HELP = `Usage: npm run wheel [-- FOLDER]

Builds the Python wheel of KernelEvolve for Linux x64 into FOLDER, by default dist/.

Example: npm run wheel -- /tmp/wheels && pip install /tmp/wheels/kernelevolve-*.whl`;
const PACK = fileURLToPath(new URL("pack.py", import.meta.url));

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  if (positionals.length > 1)
    throw new Error(`expected one folder, not ${positionals.length}: ${positionals.join(" ")}`);
  if (values.help) console.log(HELP);
  else build(resolve(positionals[0] ?? join(ROOT, "dist")));
} catch (error) {
  console.error(`wheel: ${(error as Error).message}`);
  process.exitCode = 1;
}

function build(folder: string): void {
  const scratch = mkdtempSync(join(tmpdir(), "kevo-wheel-"));
  try {
    const wheel = join(folder, assembleWheel(scratch));
    mkdirSync(folder, { recursive: true });
    const { status, error } = spawnSync("python3", [PACK, scratch, wheel], { stdio: "inherit" });
    if (status !== 0) throw new Error(`python3 failed to write the wheel${error ? `: ${error.message}` : ""}`);
    console.log(`${wheel}  ${(statSync(wheel).size / 1e6).toFixed(1)} MB`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
