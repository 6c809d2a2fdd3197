#!/usr/bin/env node
/**
 * Starts a program of this clone on any Node: `node deploy/launcher/run.mjs PROGRAM [ARGUMENT …]`, PROGRAM relative to
 * the clone. Fetches Node 24 where the machine's is too old, installs missing packages, then runs the program. Without
 * a program it stops there.
 */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDashboard } from "./dashboard.mjs";
import { install } from "./install.mjs";
import { runHere, runUnder } from "./launch.mjs";
import { findNode } from "./node.mjs";
import { LauncherError, say } from "./say.mjs";

/** Programs that serve the dashboard's pages, pack them or test them. */
const SERVES_PAGES = /^(coordinator|deploy|tests)\//;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @param {string | undefined} program relative to the clone
 * @param {string[]} args
 */
export async function run(program, args) {
  try {
    const node = await findNode(ROOT);
    await install(ROOT, node);
    if (program === undefined || SERVES_PAGES.test(program)) await buildDashboard(ROOT, node);
    if (program === undefined) return;
    if (node !== process.execPath) return await runUnder(node, [fileURLToPath(import.meta.url), program, ...args]);
  } catch (error) {
    const message = error instanceof LauncherError ? error.message : refused(error);
    if (message === null) throw error;
    say(message);
    process.exit(1);
  }
  await runHere(join(ROOT, program), args);
}

/** What the system refused while the clone was prepared; null for an error of ours. */
function refused({ code, path, syscall }) {
  if (syscall === undefined || code === undefined) return null;
  const why = {
    EACCES: "this user may not write there. Start once as its owner, or copy the clone to a folder of your own",
    EPERM: "this user may not write there. Start once as its owner, or copy the clone to a folder of your own",
    EROFS: "its file system is read-only. Copy the clone to a folder that can be written",
    ENOSPC: "the disk is full. Free some space, then start again",
    EDQUOT: "the disk quota is used up. Free some space, then start again",
  }[code];
  return `cannot prepare ${path ?? ROOT}: ${why ?? `the system refused it (${code})`}.`;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [program, ...args] = process.argv.slice(2);
  await run(program, args);
}
