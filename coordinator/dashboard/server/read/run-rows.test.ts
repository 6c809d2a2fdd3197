import { afterAll, beforeAll, expect, test } from "vitest";
import { type Builder, buildLineage } from "../../../lineage/lineage-builder.fixture.ts";
import { Reader } from "./reader.ts";
import { RunRows } from "./run-rows.ts";

let lineage: Builder;
let reader: Reader;

beforeAll(() => {
  lineage = buildLineage();
  reader = new Reader(lineage.path, "1.2.3");
});
afterAll(() => {
  reader[Symbol.dispose]();
  lineage.remove();
});

test("rows of two runs that are stored in turn are read once, each by its own run", () => {
  const [one, other] = [lineage.run({ id: "one" }), lineage.run({ id: "other" })];
  const stored: Record<string, string[]> = { one: [], other: [] };
  const store = (run: string, count: number) => {
    for (let n = 0; n < count; n++) stored[run]?.push(lineage.candidate(run));
  };
  const rows = {
    one: new RunRows(reader.lineage, "candidates", one),
    other: new RunRows(reader.lineage, "candidates", other),
  };
  const read: Record<string, unknown[]> = { one: [], other: [] };
  const look = (run: "one" | "other") => {
    for (const [, id] of rows[run].unread("rowid, id")) read[run]?.push(id);
  };
  look("one");
  // More than are read at a time, with one of the other run among them.
  store("one", 1_200);
  store("other", 1);
  store("one", 1);
  look("one");
  expect(read.one).toEqual(stored.one);
  store("other", 2);
  look("other");
  look("one");
  store("one", 3);
  store("other", 1);
  for (const run of ["one", "other"] as const) {
    look(run);
    look(run);
    expect(read[run]).toEqual(stored[run]);
    expect([...rows[run].again("rowid, id", "batch >= ?", [0])].map(([, id]) => id)).toEqual(stored[run]);
  }
});
