/**
 * The reading commands as people and scripts run them, on a real database. Their output is tested in this process; exit
 * codes, signals and pipes in real ones, which take a second each.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLineage } from "../lineage/database.ts";
import { type Builder, buildLineage } from "../lineage/lineage-builder.fixture.ts";
import { runResult } from "../result/result.ts";
import { runHere } from "./command.fixture.ts";
import { evaluatorsCommand } from "./evaluators.ts";
import { exportCommand } from "./export.ts";
import { lineageCommand } from "./lineage.ts";
import { resumeCommand } from "./resume.ts";
import { runsCommand } from "./runs.ts";
import { startCommand } from "./start.ts";
import { statusCommand } from "./status.ts";
import { stopCommand } from "./stop.ts";
import { watchCommand } from "./watch.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

/** The migration that gave events their data, by its time in the journal. */
const EVENT_DATA = 1795405643600;

let lineage: Builder;
let seed: string;
let winner: string;

beforeAll(() => {
  lineage = buildLineage();
  lineage.run({ id: "20260101-older", backend: "replay" });
  lineage.ok(lineage.candidate("20260101-older"), { times: { small: 3 } });
  const run = lineage.run({ id: "20260102-latest", workloads: ["small", "large"] });
  seed = lineage.candidate(run, { config: { tile: 8, layout: "rows" }, proposer: "seed" });
  lineage.ok(seed, { speedups: { small: 1, large: 1 } });
  winner = lineage.candidate(run, { batch: 1, config: { tile: 32, layout: "rows" }, parents: [seed] });
  lineage.ok(winner, {
    speedups: { small: 2, large: 2 },
    resources: [
      {
        name: "soft\u001b[31mmax",
        registers: 168,
        spill_bytes: 12,
        shared_bytes: 65536,
        warps: 8,
        instructions: { total: 90, global_load: 4 },
      },
    ],
  });
  lineage.measured(winner, { round: 1, speedups: { small: 1.9, large: 1.9 }, others: { torch: 4 } });
  lineage.candidate(run, { island: 1, batch: 1, proposer: "migrant", parents: [winner], answeredBy: winner });
  lineage.failed(lineage.candidate(run), "compile_error", "\u001b[31mkernel.c:3: no\u001b[0m\nsecond line");
});
afterAll(() => lineage.remove());

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], cwd = lineage.folder): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
}

async function ended(child: ChildProcess): Promise<Ended> {
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => (out += chunk));
  child.stderr?.on("data", (chunk) => (err += chunk));
  const [code] = await once(child, "close");
  return { code, out, err };
}

const coordinator = (...args: string[]) => ended(start(args));

const lines = (...args: string[]) => runHere(lineageCommand(), ...args, "--db", lineage.path);

describe("coordinator lineage", () => {
  it("best: the winner with its configuration and times", async () => {
    const people = await lines("best");
    const scripts = await lines("best", "20260102", "--json");
    expect(people.err).toMatch(
      /^To use it: \S+ coordinator export 20260102-latest --out attention-cpu-tuned --db \S+\n$/,
    );
    expect(people.out).toContain("Best of run 20260102-latest: 1.90× (1.88–1.92)");
    expect(people.out).toMatch(/tile +32\nlayout +rows\n/);
    expect(people.out).toMatch(/large +5\.263 +10 +1\.90×/);
    expect(people.out).not.toContain("\u001b");
    expect(JSON.parse(scripts.out)).toMatchObject({
      run: "20260102-latest",
      candidate: winner,
      config: { tile: 32, layout: "rows" },
      speedup: expect.closeTo(1.9),
      workloads: [{ workload: "small" }, { workload: "large", others: { torch: 4 } }],
    });
  });

  it("a database of an older version is read, and what it has is kept", async () => {
    const older = changedCopy(
      "before-data.db",
      `alter table events drop column data;
       alter table measurements drop column metrics;
       alter table evaluations drop column resources;
       alter table measurements drop column gbytes_per_s;
       alter table measurements drop column bandwidth_share;
       alter table measurements drop column bandwidth_of;
       alter table evolved_sources rename to sources;
       drop index candidates_answered;
       drop index evaluations_by_fitness;
       delete from __drizzle_migrations where created_at >= ${EVENT_DATA};
       update measurements set error = 0 where candidate like '20260101-older/%';
       insert into events (run, kind, message, created_at)
         values ('20260102-latest', 'finalist_failed', '${winner} failed when measured again: incorrect: off by 3', 1)`,
    );
    const { out } = await runHere(lineageCommand(), "best", "20260102", "--json", "--db", older);
    expect(JSON.parse(out)).toMatchObject({
      candidate: seed,
      failed_finalists: [{ candidate: winner, message: "incorrect: off by 3" }],
    });
    // Of a replay nothing was known but times, and the 0 of before meant that.
    const replayed = await runHere(lineageCommand(), "show", "20260101-older/0/0/0", "--json", "--db", older);
    const old = JSON.parse(replayed.out);
    expect(old.measurements).toMatchObject([{ time_ms: 3, error: null }]);
    expect(old.evaluation.resources).toEqual([]);
    const measured = await runHere(lineageCommand(), "show", winner, "--json", "--db", older);
    expect(JSON.parse(measured.out).measurements[0].error).toBe(1e-7);
  });

  it("best: of a replay counts time", async () => {
    const { out } = await lines("best", "20260101-older");
    expect(out).toContain("Best of run 20260101-older: 3 ms, a single evaluation");
  });

  it("top, ancestors, descendants, islands, migrations: one row each", async () => {
    const answers = [];
    for (const args of [["top"], ["ancestors"], ["descendants", "0/0/0"], ["islands"], ["migrations"]]) {
      const { out, err } = await lines(...args);
      expect(err).toBe("");
      answers.push(out);
    }
    const [top, ancestors, descendants, islands, migrations] = answers as [string, string, string, string, string];
    expect(top).toMatch(new RegExp(`1 +${winner} +1\\.90× .* tile=32\\n`));
    expect(top).toContain("differing parameters");
    expect(ancestors).toMatch(new RegExp(`1 +${seed} +seed +ok +1\\.00×`));
    expect(descendants).toMatch(/2 +20260102-latest\/1\/1\/0 +migrant from island 0 +ok +2\.00×/);
    expect(islands).toMatch(/0 +0 +3 +2 +0 +2\.00×/);
    expect(migrations).toMatch(new RegExp(`0 to 1 +${winner} +20260102-latest/1/1/0 +ok`));
  });

  it("show, diff, spend, failures", async () => {
    const show = await lines("show", "0/0/1");
    const diff = await lines("diff", "0/0/0", winner);
    const spend = await lines("spend", "--json");
    const failures = await lines("failures");
    const resources = await lines("show", winner);
    expect(resources.out).toMatch(
      /kernel +registers +spilled bytes +shared bytes +warps +instructions\nsoftmax +168 +12 +65536 +8 +90 total, 4 global load\n/,
    );
    expect(show.out).not.toContain("registers");
    expect(show.out).toContain("Evaluated: compile_error");
    expect(show.out).toContain("  kernel.c:3: no\n  second line\n");
    expect(diff.out).toMatch(/parameter +A +B\ntile +8 +32\n\n1 more is equal\./);
    expect(JSON.parse(spend.out)).toMatchObject({ usd: 0, device_s: 1.5, gained_percent: expect.closeTo(90) });
    // A compiler's output cannot control the reader's terminal.
    expect(failures.out).toMatch(/1 +compile_error +20260102-latest\/0\/0\/1 +kernel\.c:3: no\n/);
    expect(failures.out).not.toContain("\u001b");
    expect(failures.err).toMatch(/coordinator\S* lineage show 20260102-latest\/0\/0\/1/);
  });

  it("sql: answers a SELECT, limits an endless one, and cannot write", async () => {
    const endless = "with recursive n(x) as (values (1) union all select x + 1 from n) select x, x * 2 as twice from n";
    const rows = await lines("sql", "select outcome, count(*) as n from evaluations group by outcome", "--json");
    expect(JSON.parse(rows.out)).toEqual([
      { outcome: "compile_error", n: 1 },
      { outcome: "ok", n: 3 },
    ]);
    const foreign = await lines("sql", "select 'a' || char(27) || '[31m' || char(27) || ']0;t' || char(7) as x");
    expect(foreign.out).toBe("x\na\\x1b[31m\\x1b]0;t\\x07\n");
    const cut = await lines("sql", endless, "--limit", "3");
    expect(cut.out).toBe("x  twice\n1      2\n2      4\n3      6\n");
    expect(cut.err).toContain("first 3 rows");
    for (const [text, message] of [
      ["update runs set status = 'failed' returning id", /is read-only/],
      ["vacuum into 'copy.db'", /is read-only/],
      ["attach 'other.db' as other", /is read-only/],
      ["pragma journal_mode = delete", /is read-only/],
      ["select 1; drop table runs", /more than one statement/],
      ["select title from nowhere", /no such table: nowhere.*Tables: .*candidates/],
    ] as const) {
      await expect(lines("sql", text)).rejects.toThrow(message);
      await expect(lines("sql", text)).rejects.toMatchObject({ name: "UserError", exitCode: 2 });
    }
  });

  it("reports mistakes in one sentence, without a stack trace", async () => {
    const empty = join(lineage.folder, "empty");
    mkdirSync(empty, { recursive: true });
    const text = join(lineage.folder, "text.db");
    writeFileSync(
      text,
      "this is not a database, although it is long enough for a header of one hundred bytes.".repeat(3),
    );
    const other = join(lineage.folder, "other.db");
    new Database(other).exec("create table songs (title text)").close();
    expect(() => openLineage(other)).toThrow(/of another program.*--db FILE/);
    expect(new Database(other).prepare("select name from sqlite_master").pluck().all()).toEqual(["songs"]);
    expect(existsSync(`${other}.lock`)).toBe(false);
    const newer = changedCopy("newer.db", "update __drizzle_migrations set created_at = created_at + 1");
    const older = changedCopy("older.db", "delete from __drizzle_migrations");
    const at = (path: string) => runHere(lineageCommand(), "best", "--db", path);
    const cases: [() => Promise<unknown>, number, RegExp][] = [
      [() => at(lineage.folder), 1, /is a folder/],
      [() => at(text), 1, /is not a SQLite database/],
      [() => at(other), 1, /of another program/],
      [() => at(newer), 1, /newer version.*Update/],
      [() => at(older), 1, /older version/],
      [() => lines("best", "nope"), 1, /no run nope.*20260102-latest/],
      [() => lines("show", "0/9/9"), 1, /no candidate 20260102-latest\/0\/9\/9/],
      [() => lines("top", "--limit", "none"), 2, /--limit none: not a whole number/],
      [() => lines("spend", "20260101", "--all"), 2, /--all lists every run. Omit either --all or 20260101/],
      [() => lines("workloads", "--samples"), 2, /--samples requires --json/],
    ];
    for (const [run, exitCode, message] of cases) {
      await expect(run()).rejects.toThrow(message);
      await expect(run()).rejects.toMatchObject({ name: "UserError", exitCode });
    }
    const missing = await ended(start(["lineage", "best"], empty));
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).toMatch(/^coordinator: There is no database .*empty\/\.kevo\/lineage\.db\..*--db FILE\.\n$/);
    const damaged = changedCopy("damaged.db", "update runs set spec = '{'");
    const unreadable = await coordinator("runs", "--db", damaged);
    expect(unreadable).toMatchObject({ code: 1, out: "" });
    expect(unreadable.err).toMatch(/^coordinator: stored data cannot be read \(.*JSON.*--db\..*\n$/);
    const incomplete = await coordinator("lineage", "diff", "0/0/0", "--db", lineage.path);
    expect(incomplete).toMatchObject({ code: 2, out: "" });
    expect(incomplete.err).toContain("missing required argument 'b'");
  });

  it("ends quietly when its reader has seen enough", async () => {
    const child = start([
      "lineage",
      "sql",
      "select hex(zeroblob(100000)) from runs, runs, candidates",
      "--db",
      lineage.path,
    ]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const [[code], err] = await Promise.all([
      once(child, "exit"),
      (async () => {
        let text = "";
        for await (const chunk of child.stderr as AsyncIterable<Buffer>) text += chunk;
        return text;
      })(),
    ]);
    expect([code, err]).toEqual([0, ""]);
  });

  it("reads without writing: the database is the same afterwards", async () => {
    const copy = changedCopy("same.db", "select 1");
    const before = readFileSync(copy);
    await runHere(lineageCommand(), "best", "--db", copy);
    expect(readFileSync(copy).equals(before)).toBe(true);
  });
});

it("commands that read stored runs create no database", async () => {
  const missing = join(lineage.folder, "nowhere", "lineage.db");
  const reading = ["best", "top", "workloads", "show", "ancestors", "descendants", "islands", "migrations", "failures"];
  const commands: [Command, ...string[]][] = [
    ...[...reading, "spend"].map((name): [Command, string] => [lineageCommand(), name]),
    [lineageCommand(), "diff", "0/0/0", "0/0/1"],
    [lineageCommand(), "sql", "select 1"],
    [runsCommand()],
    [watchCommand()],
    [evaluatorsCommand()],
    [exportCommand(), "--out", join(lineage.folder, "nowhere")],
    [stopCommand()],
    [resumeCommand()],
    [startCommand(), "--replay-run", "20260102"],
  ];
  for (const [command, ...args] of commands) {
    const refused = runHere(command, ...args, "--db", missing);
    await expect(refused, `${command.name()} ${args.join(" ")}`).rejects.toThrow(`There is no database ${missing}.`);
    await expect(refused).rejects.toMatchObject({ name: "UserError" });
  }
  expect(existsSync(join(lineage.folder, "nowhere"))).toBe(false);
  // A writer refuses a folder before it puts a lock beside it.
  const folder = join(lineage.folder, "empty");
  mkdirSync(folder, { recursive: true });
  await expect(runHere(resumeCommand(), "--db", folder)).rejects.toThrow("is a folder");
  expect(existsSync(`${folder}.lock`)).toBe(false);
});

it("runs: lists them, and says which one was cut off", async () => {
  const copy = changedCopy(
    "runs.db",
    "update runs set status = 'running', ended_at = null where id = '20260101-older'",
  );
  const people = await runHere(runsCommand(), "--db", copy);
  const scripts = await runHere(runsCommand(), "--db", copy, "--json");
  expect(people.out).toMatch(/20260102-latest +completed +attention-cpu +cpu +2 +3 of 100 +1\.90× +1:00/);
  expect(people.out).toMatch(/20260101-older +cut off .* 3 ms/);
  // Can be copied unchanged.
  expect(people.err).toContain(`npx coordinator resume 20260101-older --db ${copy}\n`);
  expect(JSON.parse(scripts.out)).toMatchObject([
    { run: "20260102-latest", alive: false, speedup: expect.closeTo(1.9) },
    { run: "20260101-older", status: "running", alive: false, speedup: null },
  ]);
});

describe("coordinator watch", () => {
  it("follows a run of another process until it ends", async () => {
    const path = changedCopy("watched.db", "update runs set status = 'running', ended_at = null");
    // The writer of the run, as another coordinator would be.
    const writer = openLineage(path);
    const watch = start(["watch", "20260102", "--db", path, "--json"]);
    const plain = start(["watch", "--db", path]);
    const [json, people] = [ended(watch), ended(plain)];
    let seen = "";
    for await (const chunk of (plain.stderr as Readable).iterator({ destroyOnReturn: false })) {
      seen += chunk;
      if (seen.includes("re-measuring the finalists: 3 of 100 evaluations")) break;
    }
    writer.sqlite.exec("update runs set status = 'completed', ended_at = created_at + 60000");
    expect(await people).toMatchObject({ code: 0, out: "" });
    const { code, out, err } = await json;
    expect([code, err]).toEqual([0, ""]);
    expect(runResult.parse(JSON.parse(out))).toMatchObject({ status: "completed", best: { candidate: winner } });
    writer.close();
  });

  it("ends with Ctrl-C and leaves the run alone", async () => {
    const path = changedCopy("left.db", "update runs set status = 'running', ended_at = null");
    const writer = openLineage(path);
    const child = start(["watch", "--db", path]);
    const done = ended(child);
    await once(child.stderr as NodeJS.ReadableStream, "data");
    child.kill("SIGINT");
    const { code, err } = await done;
    expect(code).toBe(130);
    expect(err).toContain("No longer watching; the run 20260102-latest continues.");
    expect(writer.sqlite.prepare("select distinct status from runs").pluck().all()).toEqual(["running"]);
    writer.close();
  });

  it("says when the coordinator no longer runs, as do those that would ask it", async () => {
    // What listens at the address that it had is another's.
    const path = changedCopy(
      "left.db",
      "update runs set status = 'running', ended_at = null, launch = json_set(launch, '$.nats', 'nats://127.0.0.1:1')",
    );
    await expect(runHere(stopCommand(), "--db", path)).rejects.toThrow(
      /coordinator of the run 20260102-latest no longer runs.*nothing to stop. Continue the run with: .*resume/,
    );
    const told = await runHere(statusCommand(), "--db", path);
    expect(told.out).toMatch(/^run 20260102-latest: abandoned, \d evaluated$/m);
    expect(told.err).toMatch(/no longer runs. Continue the run with: .*coordinator\S* resume 20260102-latest --db/);
    const { code, err } = await coordinator("watch", "--db", path);
    expect(code).toBe(1);
    expect(err).toMatch(
      /coordinator of the run 20260102-latest no longer runs. Continue the run with: \S*coordinator\S* resume 20260102-latest --db/,
    );
  });
});

/** A modified copy of the database, without a coordinator. */
function changedCopy(name: string, change: string): string {
  const path = join(lineage.folder, name);
  lineage.copyTo(path);
  const sqlite = new Database(path);
  sqlite.pragma("journal_mode = WAL");
  sqlite.exec(change);
  sqlite.close();
  return path;
}
