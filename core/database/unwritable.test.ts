import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { whyUnwritable } from "./unwritable.ts";

/** SQLite's own error about a database that may have no more pages, as on a full disk. */
function fullBy(file: string): unknown {
  const database = new Database(file);
  try {
    database.pragma("max_page_count = 1");
    database.exec("create table a (b)");
  } catch (error) {
    return error;
  } finally {
    database.close();
  }
  throw new Error("nothing was thrown");
}

test("a full disk is called full, also where a migration met it", () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-unwritable-"));
  try {
    const file = join(folder, "x.db");
    const full = fullBy(file);
    expect(whyUnwritable(full, file)).toBe("the disk is full");
    const ofMigration = new Error("Failed to run the query\n\t\t\tCREATE TABLE a (\n\t\t\t)", { cause: full });
    expect(whyUnwritable(ofMigration, file)).toBe("the disk is full");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
