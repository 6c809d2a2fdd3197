import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { z } from "zod";
import { unreadable } from "./unreadable.ts";

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("stored data that does not fit is reported in one sentence that names it", () => {
  const database = new Database(":memory:");
  const spec = z.object({ kernel: z.object({ id: z.string() }) });
  for (const [work, message] of [
    [() => JSON.parse("{"), "JSON"],
    [() => spec.parse({ kernel: { id: 5 } }), "kernel.id: Invalid input: expected string, received number"],
    [() => database.prepare("select * from measurements"), "no such table: measurements"],
    [() => new Database(import.meta.filename).prepare("select * from a"), "SQLITE_NOTADB"],
  ] as const) {
    const text = unreadable(thrownBy(work)) ?? "";
    expect(text).toContain(message);
    expect(text).toContain("--db");
    expect(text).not.toContain("\n");
  }
  database.close();
});

test("our own mistakes keep their stack trace", () => {
  const database = new Database(":memory:");
  const broken = ["(", "selct 1"] as const;
  for (const work of [
    () => (undefined as unknown as string).length,
    () => new RegExp(broken[0]),
    () => database.prepare(broken[1]),
  ]) {
    expect(unreadable(thrownBy(work))).toBeNull();
  }
  database.close();
});
