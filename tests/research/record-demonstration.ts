/**
 * Makes the demonstration that comes with the project: the whole research stage against the fakes, recorded.
 *
 *     npm run record:demonstration
 *
 * Run it again whenever prompts, signatures or the text of a generated kernel change: a replay asks its questions again
 * and finds answers by their hash. Measurements are of this machine, so let it be quiet.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DOMAIN, startFakes } from "./research-fakes.fixture.ts";

const OUT = fileURLToPath(new URL("../../research-stage/demonstration/recording.json.gz", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../research-stage/cli/main.ts", import.meta.url));
const OPTIONS = [
  ...["--domain", DOMAIN, "--synthetic", "--rounds", "2", "--max-results", "20", "--until", "2026-11-20"],
  ...["--workload", "w64-l256", "--evaluations", "16", "--islands", "1", "--seed", "7"],
];

const folder = mkdtempSync(join(tmpdir(), "kevo-demonstration-"));
mkdirSync(dirname(OUT), { recursive: true });
const fakes = await startFakes();
try {
  const child = spawn(process.execPath, [PROGRAM, "run", ...OPTIONS, "--record", OUT], {
    cwd: folder,
    env: { ...process.env, ...fakes.env },
    stdio: "inherit",
  });
  process.exitCode = await new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
} finally {
  await fakes[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}
