/** The reading commands on what release 0.1.0 stored: they answer what it answered. Fields may have been added since. */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterAll, describe, expect, test } from "vitest";
import { runHere } from "../../coordinator/cli/command.fixture.ts";
import { exportCommand } from "../../coordinator/cli/export.ts";
import { lineageCommand } from "../../coordinator/cli/lineage.ts";
import { runsCommand } from "../../coordinator/cli/runs.ts";
import { answersOf, RUN, releaseWorkplace } from "./release.fixture.ts";

interface ExportedEntry {
  readonly source: string;
  readonly time_ms: number;
  readonly baseline_ms: number;
  readonly speedup: number;
  readonly speedup_low: number;
  readonly speedup_high: number;
}

const place = releaseWorkplace();
afterAll(() => place[Symbol.asyncDispose]());
const db = place.file(".kevo/lineage.db");
const READING = { runs: runsCommand, lineage: lineageCommand };
const answers = answersOf(place);

const reading = answers.flatMap(({ command: [name, ...args], answer }) =>
  name === "runs" || name === "lineage"
    ? [{ name: name as keyof typeof READING, args, answer, title: `${name} ${args.join(" ")}` }]
    : [],
);

/** Rows of proposers stand in the order of their names, which have changed. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const named = (one: unknown) => (one as { name: string }).name;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === "proposers" ? (one as unknown[]).toSorted((a, b) => (named(a) < named(b) ? -1 : 1)) : sorted(one),
    ]),
  );
}

interface Interval {
  readonly speedup_low: number;
  readonly speedup_high: number;
}

/**
 * Intervals are computed when they are read. Since release 0.1.0 neither rounds nor workloads narrow them, so they are
 * compared apart from the rest: they contain the release's.
 *
 * @returns the value without its intervals, and the intervals in order.
 */
function intervalsApart(value: unknown): { rest: unknown; intervals: Interval[] } {
  const intervals: Interval[] = [];
  const rest = JSON.parse(JSON.stringify(value), (_, one) => {
    if (typeof one?.speedup_low !== "number") return one;
    const { speedup_low, speedup_high, ...others } = one;
    intervals.push({ speedup_low, speedup_high });
    return others;
  });
  return { rest, intervals };
}

function expectWithin(before: Interval, today: Interval | undefined): void {
  expect(today?.speedup_low).toBeLessThanOrEqual(before.speedup_low * (1 + 1e-9));
  expect(today?.speedup_high).toBeGreaterThanOrEqual(before.speedup_high * (1 - 1e-9));
}

test("there is something to compare", () => {
  expect(reading.length).toBeGreaterThan(70);
});

describe("answers what the release answered", () => {
  test.each(reading)("$title", async ({ name, args, answer }) => {
    const { out } = await runHere(READING[name](), ...args, "--json", "--db", db);
    const today = intervalsApart(sorted(JSON.parse(out)));
    const before = intervalsApart(sorted(answer));
    if (Array.isArray(answer)) expect(today.rest).toHaveLength(answer.length);
    expect(today.rest).toMatchObject(before.rest as object);
    expect(today.intervals).toHaveLength(before.intervals.length);
    for (const [at, interval] of before.intervals.entries()) expectWithin(interval, today.intervals[at]);
  });

  test.each(answers.filter(({ command }) => command[0] === "export"))("$command", async ({ command, answer }) => {
    const run = command[1] as string;
    await runHere(exportCommand(), run, "--out", place.file(run), "--db", db);
    const { entries, ...about } = JSON.parse(readFileSync(place.file(`${run}/best.json`), "utf8"));
    const { entries: before, ...aboutBefore } = answer as { entries: ExportedEntry[] };
    expect(about).toMatchObject(aboutBefore);
    expect(entries).toHaveLength(before.length);
    for (const [at, entry] of before.entries()) {
      const { time_ms, speedup, speedup_low, speedup_high, ...which } = entry;
      expect(entries[at]).toMatchObject(which);
      // What was not measurably faster is exported as its baseline since then.
      if (entries[at].speedup !== 1) {
        expect(entries[at]).toMatchObject({ time_ms, speedup });
        expectWithin({ speedup_low, speedup_high }, entries[at]);
      } else expect(entries[at]).toMatchObject({ speedup: 1, time_ms: entry.baseline_ms });
      expect(readFileSync(place.file(`${run}/kernel/${entry.source}`), "utf8")).toContain("kevo_kernel");
    }
  });
});

test("a person reads them too", async () => {
  const shown = await runHere(lineageCommand(), "show", `${RUN.research}/0/0/3`, "--db", db);
  expect(shown.out).toContain("Origin: research run 20261122-research-43af");
  const evolved = await runHere(lineageCommand(), "show", `${RUN.evolvedSource}/0/10/0`, "--source", "--db", db);
  expect(evolved.out).toContain("EVOLVE-BEGIN");
  const best = await runHere(lineageCommand(), "best", RUN.cpu, "--db", db);
  expect(best.out).toContain(`Best of run ${RUN.cpu}: no measurable difference from the fastest baseline`);
});

test("the code that evolved has moved to a table of its name, whole", async () => {
  await using old = releaseWorkplace();
  const select = (table: string) => {
    const sqlite = new Database(old.file(".kevo/lineage.db"), { readonly: true });
    try {
      return sqlite.prepare(`select * from ${table} order by hash`).all();
    } finally {
      sqlite.close();
    }
  };
  const before = select("sources");
  expect(before.length).toBeGreaterThan(1);
  await runHere(runsCommand(), "--db", old.file(".kevo/lineage.db"));
  expect(select("evolved_sources")).toEqual(before);
  expect(() => select("sources")).toThrow("no such table");
});

/** Root may write everywhere: there the program runs as a user who may not. Both need to read this clone. */
const NOBODY = 65_534;
const reader = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const MAIN = fileURLToPath(new URL("../../coordinator/cli/main.ts", import.meta.url));
const runs = (file: string) =>
  spawnSync(process.execPath, [MAIN, "runs", "--db", file], { cwd: "/", encoding: "utf8", ...reader });
const canRun = spawnSync(process.execPath, [MAIN, "--version"], { cwd: "/", ...reader }).status === 0;

test.runIf(canRun)("one that may not be written says so, and what to do", async () => {
  await using old = releaseWorkplace();
  const file = old.file(".kevo/lineage.db");
  chmodSync(old.path, 0o755);
  chmodSync(file, 0o444);
  chmodSync(dirname(file), 0o555);
  try {
    const refused = runs(file);
    expect(refused.stderr).toContain("written by an older version");
    expect(refused.stderr).toContain("Copy it to a folder of your own, and name the copy with --db FILE.");
    expect(refused.status).toBe(1);
  } finally {
    chmodSync(dirname(file), 0o755);
  }
});
