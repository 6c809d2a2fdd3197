/** The dashboard's pages: static files, built when they are missing or older than what they are made of. */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { say } from "./say.mjs";

const FOLDER = "coordinator/dashboard";
/** What the pages are made of. */
const SOURCES = [`${FOLDER}/web`, `${FOLDER}/contract`, `${FOLDER}/vite.config.ts`, "package-lock.json"];
const BUILT = `${FOLDER}/dist/index.html`;

/**
 * Builds the pages where that is needed; a few milliseconds where it is not. A build that fails is no reason not to
 * start: the dashboard's API serves without pages, and says what to run.
 * @param {string} root the clone
 * @param {string} node
 */
export async function buildDashboard(root, node) {
  if (isBuilt(root)) return;
  try {
    await withLock(root, async () => buildPages(root, node));
  } catch (error) {
    // The clone belongs to somebody else, whose start builds them.
    if (error.syscall === undefined) throw error;
  }
}

/** Without the lock that keeps two starts apart. */
export function buildPages(root, node) {
  if (isBuilt(root)) return;
  say("building the dashboard's pages …");
  const started = performance.now();
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--config", join(root, FOLDER, "vite.config.ts")];
  const { stdout, stderr, error } = spawnSync(node, args, { cwd: root, encoding: "utf8" });
  if (isBuilt(root)) return say(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const why = error === undefined ? `${stdout}${stderr}`.trim() : error.message;
  say(`the dashboard's pages could not be built; \`npm run build:dashboard\` tries again.\n${why}`);
}

/** @param {string} root the clone */
export function isBuilt(root) {
  const built = changed(join(root, BUILT));
  return built > 0 && SOURCES.every((source) => latestIn(join(root, source)) <= built);
}

/** Milliseconds since 1970; 0 where there is no such file. */
function changed(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Folders count themselves: a removed file changes its folder alone. */
function latestIn(path) {
  const own = statSync(path, { throwIfNoEntry: false });
  if (own === undefined || !own.isDirectory()) return own?.mtimeMs ?? 0;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, latestIn(join(path, name))), own.mtimeMs);
}
