#!/usr/bin/env node
/**
 * Starts a program of this clone on any Node: `node deploy/launcher/run.mjs PROGRAM [ARGUMENT …]`, PROGRAM relative to
 * the clone. Fetches Node 24 where the machine's is too old, installs missing packages, then runs the program. Without
 * a program it stops there.
 */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "./install.mjs";
import { runHere, runUnder } from "./launch.mjs";
import { findNode } from "./node.mjs";
import { LauncherError, say } from "./say.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @param {string | undefined} program relative to the clone
 * @param {string[]} args
 */
export async function run(program, args) {
  try {
    const node = await findNode(ROOT);
    await install(ROOT, node);
    if (program === undefined) return;
    if (node !== process.execPath) return await runUnder(node, [fileURLToPath(import.meta.url), program, ...args]);
  } catch (error) {
    if (!(error instanceof LauncherError)) throw error;
    say(error.message);
    process.exit(1);
  }
  await runHere(join(ROOT, program), args);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [program, ...args] = process.argv.slice(2);
  await run(program, args);
}
