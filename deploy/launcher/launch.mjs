/**
 * Runs a program so that the launcher is not noticed: same terminal, same exit status, each signal once, and killed
 * when it is killed.
 */
import { spawn } from "node:child_process";
import nodeModule from "node:module";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { whenNpmEnds } from "./parent.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
/** Set for the one process that a wrapper starts, and removed by it, so that it does not reach further processes. */
const WRAPPED = "KERNELEVOLVE_WRAPPED";
/** A signal repeated within this time is the same key press or kill. Milliseconds. */
const SAME_MS = 300;

/**
 * Runs `program` in this process.
 * @param {string} program absolute path of a module that reads process.argv and runs on import
 * @param {string[]} args
 */
export async function runHere(program, args) {
  const { told } = coalesceSignals();
  if (process.env[WRAPPED] !== undefined) {
    delete process.env[WRAPPED];
    dieWithWrapper();
  } else {
    // A signal that has arrived already asks for the same: a second one would end the program in a hurry.
    whenNpmEnds(() => told() || process.kill(process.pid, "SIGTERM"));
  }
  process.argv = [process.execPath, program, ...args];
  // As core/program/fast-loading.ts does, and early enough for the entry file itself. Node 20 has none.
  process.env.NODE_COMPILE_CACHE ||= fileURLToPath(new URL("../../node_modules/.cache/kevo", import.meta.url));
  nodeModule.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
  await import(pathToFileURL(program).href);
}

/**
 * Runs a script under another Node and ends as it ends.
 * @param {string} node
 * @param {string[]} args the script and its arguments
 */
export async function runUnder(node, args) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`, [WRAPPED]: "1" };
  // npm puts its own Node here, where scripts look for it.
  for (const name of ["NODE", "npm_node_execpath"]) if (env[name] !== undefined) env[name] = node;
  const child = spawn(node, args, { env, stdio: ["inherit", "inherit", "inherit", "ipc"] });
  // A terminal's Ctrl-C reaches the child as well as us, a kill reaches us alone: forward always, the child takes
  // the two for one (coalesceSignals).
  let told = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      told = true;
      child.kill(signal);
    });
  }
  whenNpmEnds(() => told || child.kill("SIGTERM"));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (...end) => resolve(end));
  });
  if (signal === null) process.exit(code ?? 1);
  for (const name of SIGNALS) process.removeAllListeners(name);
  process.kill(process.pid, signal);
  // Where the signal does not end us (core-dump signals of the child, for instance), say it as a shell would.
  setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1000);
}

/**
 * A terminal sends Ctrl-C to its whole process group, npm and npx send it on once more, and so does the wrapper: the
 * program shall see one. To be called before the program listens, because Node binds `process.emit` then.
 */
function coalesceSignals() {
  const last = new Map();
  const emit = process.emit;
  process.emit = function coalescing(event, ...rest) {
    if (SIGNALS.includes(event)) {
      const now = performance.now();
      if (now - (last.get(event) ?? -Infinity) < SAME_MS) return true;
      last.set(event, now);
    }
    return emit.call(this, event, ...rest);
  };
  return { told: () => last.size > 0 };
}

/** `kill -9` of the wrapper is a kill of the program, as it would be without a wrapper. */
function dieWithWrapper() {
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel?.unref();
}
