/** One install at a time for each clone: two starts at once must not both write node_modules. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "./say.mjs";

/** A holder that lives longer than this has another process's id (or hangs): its lock is taken over. Milliseconds. */
const STALE_MS = 20 * 60_000;

/**
 * Runs `work` while holding `.node/install.lock` of the clone; waits for another process that holds it.
 * @template T
 * @param {string} root the clone
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(root, work) {
  const path = join(root, ".node", "install.lock");
  mkdirSync(join(root, ".node"), { recursive: true });
  for (let waited = 0; !acquire(path); waited++) {
    if (waited === 0) say(`another start is installing (process ${holder(path) ?? "unknown"}); waiting for it …`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

/** The file appears with its content in one step (a link), so that no process reads a lock without a process id. */
function acquire(path) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    removeIfStale(path);
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function removeIfStale(path) {
  const pid = holder(path);
  if (pid === undefined || (isAlive(pid) && age(path) < STALE_MS)) return;
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    // Another process was faster and this is its fresh lock: give it back.
    if (holder(aside) !== pid) linkSync(aside, path);
  } catch {
    // Taken over or released in between; the next try reads the current file.
  }
  rmSync(aside, { force: true });
}

function holder(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function age(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
