import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, expect, test, vi } from "vitest";
import { awaitWriterLock } from "./standby-lock.ts";
import { raiseTerm, readTerm } from "./term.ts";
import { isHeld, takeWriterLock, tryWriterLock } from "./writer-lock.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "kevo-standby-"));
  folders.push(folder);
  const file = join(folder, "lineage.db");
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.exec("create table t (x)");
  db.close();
  return file;
}

test("a term is raised once by each replacement, and one inside a transaction sees another's", () => {
  const file = databaseFile();
  const [one, two] = [new Database(file), new Database(file)];
  const own = raiseTerm(one);
  expect(raiseTerm(two)).toBe(own + 1);
  one.transaction(() => expect(readTerm(one)).not.toBe(own)).immediate();
  one.close();
  two.close();
});

test("a standby waits while the writer gives signs of life, and has its place at once when it ends", async () => {
  const file = databaseFile();
  const writer = takeWriterLock(file, "coordinator");
  writer.opened();
  const waits = vi.fn();
  const standby = awaitWriterLock(file, waits);
  await vi.waitFor(() => expect(waits).toHaveBeenCalledOnce());
  expect(isHeld(file)).toBe(true);
  writer.close();
  const taken = await standby;
  expect(isHeld(file)).toBe(true);
  expect(tryWriterLock(file)).toBeNull();
  taken.close();
  expect(isHeld(file)).toBe(false);
});

/** A writer in a process of its own that says its term, and later what became of its next transaction. */
async function writerProcess(file: string) {
  const script = `
    import Database from "better-sqlite3";
    import { takeWriterLock } from ${JSON.stringify(join(import.meta.dirname, "writer-lock.ts"))};
    import { raiseTerm, readTerm } from ${JSON.stringify(join(import.meta.dirname, "term.ts"))};
    const lock = takeWriterLock(${JSON.stringify(file)}, "coordinator");
    const db = new Database(${JSON.stringify(file)});
    const term = raiseTerm(db);
    lock.opened();
    if (process.argv[1] === "in a transaction") db.exec("begin immediate; insert into t values (1)");
    console.log("writes");
    setInterval(() => {}, 1000);`;
  return (...mode: string[]) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, ...mode], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "inherit"],
    });
    return child;
  };
}

test.each([
  ["between two transactions", []],
  ["in a transaction", ["in a transaction"]],
])(
  "a writer that is stopped %s is ended, its term first, and what it had not committed is not stored",
  async (_when, mode) => {
    const file = databaseFile();
    const child = (await writerProcess(file))(...mode);
    await once(child.stdout, "data");
    const db = new Database(file);
    const term = readTerm(db);
    child.kill("SIGSTOP");
    const exited = once(child, "exit");
    const lock = await awaitWriterLock(file, () => {});
    expect(await exited).toEqual([null, "SIGKILL"]);
    // One that was stopped in a transaction could not be fenced, and is known to be dead instead.
    expect(readTerm(db)).toBe(mode.length === 0 ? term + 1 : term);
    expect(db.prepare("select count(*) from t").pluck().get()).toBe(0);
    lock.close();
    db.close();
  },
);
