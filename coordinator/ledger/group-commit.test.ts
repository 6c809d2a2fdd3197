import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whyUnwritable } from "@kevo/core/database/unwritable.ts";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GroupCommit } from "./group-commit.ts";

let folder: string;
let sqlite: Database.Database;
let other: Database.Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-commit-"));
  const path = join(folder, "a.db");
  sqlite = new Database(path, { timeout: 0 });
  sqlite.exec("create table numbers (n)");
  other = new Database(path, { timeout: 0 });
});
afterEach(() => {
  sqlite.close();
  other.close();
  rmSync(folder, { recursive: true });
});

const insert = (n: number) => () => void sqlite.prepare("insert into numbers values (?)").run(n);
const stored = () => sqlite.prepare("select n from numbers order by n").pluck().all();

test("what another program keeps out of the database is stored when that lets go, and told of once", async () => {
  const locked = Promise.withResolvers<void>();
  let told = 0;
  const commit = new GroupCommit(
    sqlite,
    (error) => locked.reject(error),
    () => {
      told++;
      locked.resolve();
    },
  );
  other.exec("begin immediate");
  const both = Promise.all([commit.run(insert(1)), commit.run(insert(2))]);
  await locked.promise;
  expect(stored()).toEqual([]);
  other.exec("rollback");
  await both;
  expect(stored()).toEqual([1, 2]);
  expect(told).toBe(1);
});

test("a program that never releases its lock ends the run, whose user is told what to do", async () => {
  const fatal = Promise.withResolvers<unknown>();
  const commit = new GroupCommit(sqlite, fatal.resolve, () => {}, { maxLockedMs: 1 });
  other.exec("begin immediate");
  const refused = commit.run(insert(1)).catch((error: unknown) => error);
  expect(whyUnwritable(await fatal.promise, "x.db")).toMatch(/another program holds a lock on it.*close that program/);
  expect(await refused).toBe(await fatal.promise);
});

test("what finishes a transaction runs once in each, after all of its operations", async () => {
  const commit = new GroupCommit(sqlite, () => {}, undefined, {
    finish: () => {
      insert(100 + stored().length)();
    },
  });
  await Promise.all([commit.run(insert(1)), commit.run(insert(2))]);
  expect(stored()).toEqual([1, 2, 102]);
  await commit.run(insert(3));
  expect(stored()).toEqual([1, 2, 3, 102, 104]);
});

test("a coordinator whose place another has taken stores nothing: the fence is looked at in the transaction", async () => {
  let taken = false;
  const fence = () => {
    if (taken) throw new Error("another coordinator has taken over");
  };
  const fatal = Promise.withResolvers<unknown>();
  const commit = new GroupCommit(sqlite, fatal.resolve, undefined, { fence });
  await commit.run(insert(1));
  taken = true;
  await expect(commit.run(insert(2))).rejects.toThrow("taken over");
  expect(await fatal.promise).toMatchObject({ message: expect.stringContaining("taken over") });
  expect(stored()).toEqual([1]);
});

test("what came first in a long turn of the event loop is stored before the turn ends", async () => {
  const commit = new GroupCommit(sqlite, () => {});
  const turn = Promise.withResolvers<number>();
  // Timers that are due together run in one turn; other programs' reading says what is on the disk.
  const messages = 40;
  let afterFirst = Number.NaN;
  for (let n = 1; n <= messages; n++) {
    setTimeout(() => {
      if (n === messages) turn.resolve(afterFirst);
      const stored = commit.run(insert(n));
      if (n === 1) void stored.then(() => (afterFirst = count()));
      const until = performance.now() + 2;
      while (performance.now() < until);
    }, 1);
  }
  const until = performance.now() + 2;
  while (performance.now() < until);
  expect(await turn.promise).toBeLessThan(messages);
  await commit.run(() => {});
  expect(count()).toBe(messages);
});

const count = () => other.prepare("select count(*) from numbers").pluck().get() as number;
