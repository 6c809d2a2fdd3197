/**
 * npm and npx start a program through a shell, and pass SIGTERM to that shell alone, which ends without telling the
 * program; SIGHUP and SIGKILL they do not pass on. Here the program itself notices that they have ended.
 */
import { readFileSync } from "node:fs";

/** Milliseconds. */
const LOOK_EVERY_MS = 200;

/**
 * Calls `ended` once when npm, or the shell between npm and this process, ends. Does nothing where npm started nothing:
 * a program may outlive the shell that it was typed into.
 * @param {() => void} ended
 */
export function whenNpmEnds(ended) {
  if (process.env.npm_command === undefined) return;
  const parent = process.ppid;
  const shell = parentOf(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && parentOf(parent) === shell) return;
    clearInterval(timer);
    ended();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** Null where the system does not say. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? null;
  } catch {
    return null;
  }
}
