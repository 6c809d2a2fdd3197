/** The tools that check deploy/: fetched once per clone, pinned by hash, and never needed to run the project. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../house/files.ts";

const REQUIREMENTS = join(ROOT, "tests/deploy/requirements.txt");
const FETCH = join(ROOT, "tests/deploy/fetch_tools.py");

const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const CACHE = join(ROOT, "node_modules/.cache/deploy-tools", `${hashOf(REQUIREMENTS)}-${hashOf(FETCH)}`.slice(0, 32));

/**
 * The folder with `helm_python`, the schemas, `hadolint` and, where Debian's packages can be had, `promtool`.
 * Null without Python or network, where the checks are skipped: not in CI, where they must run.
 * @throws Error in CI.
 */
export function deployTools(): string | null {
  if (existsSync(join(CACHE, "complete"))) return CACHE;
  const { status, stderr } = spawnSync("python3", [FETCH, REQUIREMENTS, CACHE], { encoding: "utf8" });
  if (status === 0) return CACHE;
  const why = `the tools that check deploy/ cannot be fetched: ${stderr.trim().split("\n").at(-1)}`;
  if (process.env.CI === "true") throw new Error(why);
  console.warn(`${why}. Skipping what they check.`);
  return null;
}

/** Debian's or the system's program; null, said aloud, where there is none. */
export function systemTool(name: string, folder: string | null): string | null {
  if (folder !== null && existsSync(join(folder, name))) return join(folder, name);
  const found = spawnSync("which", [name], { encoding: "utf8" }).stdout.trim();
  if (found !== "") return found;
  console.warn(`${name} is not installed. Skipping what it checks.`);
  return null;
}
