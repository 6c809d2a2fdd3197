/** Refusals of the operating system: permissions and full disks are reported in one sentence, during any action. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, statfsSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const MAIN = new URL("../../coordinator/cli/main.ts", import.meta.url).pathname;
const isRoot = process.getuid?.() === 0;

interface Refused {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function expectSentence({ status, stdout, stderr }: Refused, ...parts: RegExp[]): void {
  expect(status, stdout + stderr).toBe(1);
  for (const part of parts) expect(stderr).toMatch(part);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  // The system's own words are for programmers.
  expect(stderr).not.toMatch(/errno|syscall|\bE(?:ACCES|EXIST|ISDIR|NOENT|NOSPC|NOTDIR|PERM|ROFS)\b/);
}

let finished: Workplace | null = null;
afterAll(() => finished?.[Symbol.asyncDispose]());

/** A finished run in `folder` of the workplace: a copy of one that was run once. */
async function withRun(place: Workplace, folder: string): Promise<string> {
  writeSyntheticSpace(place.file("space.json"), { values: 6 });
  if (finished === null) {
    finished = new Workplace();
    writeSyntheticSpace(finished.file("space.json"), { values: 6 });
    const args = ["start", "--space", finished.file("space.json"), "--evaluations", "8", "--islands", "1"];
    const ended = await finished.run("coordinator", [...args, "--db", finished.file("run/x.db")]);
    expect(ended.code, ended.stderr).toBe(0);
  }
  cpSync(finished.file("run"), place.file(folder), { recursive: true });
  return place.file(`${folder}/x.db`);
}

/** As another user where this one may do everything, as root may. */
function runAsStranger(place: Workplace, args: readonly string[]): Refused {
  const stranger = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] : [];
  const [file = "", ...rest] = [...stranger, process.execPath, MAIN, ...args];
  return spawnSync(file, rest, { cwd: place.path, encoding: "utf8", env: { ...process.env, HOME: place.path } });
}

describe("a database of another user", () => {
  test.each([
    ["the file with its owner's process", (name: string) => name === "x.db.owner"],
    ["the database itself", (name: string) => name === "x.db"],
    ["the lock beside it", (name: string) => name === "x.db.lock"],
    ["everything", () => true],
  ])("that may not be written, as for %s", async (_, isClosed) => {
    await using place = new Workplace();
    mkdirSync(place.file("theirs"));
    const db = await withRun(place, "theirs");
    chmodSync(place.path, 0o755);
    for (const name of readdirSync(place.file("theirs"))) {
      const isFolder = name.endsWith(".nats");
      chmodSync(place.file(`theirs/${name}`), (isClosed(name) ? 0o444 : 0o666) | (isFolder ? 0o111 : 0));
    }
    chmodSync(place.file("theirs"), isClosed("") ? 0o555 : 0o777);
    if (isClosed("x.db")) chmodSync(db, isRoot ? 0o600 : 0o000);
    const reading = runAsStranger(place, ["lineage", "best", "--db", db]);
    if (isClosed("x.db"))
      expectSentence(reading, /this user may not read it, since it belongs to the user with the id/);
    const ended = runAsStranger(place, ["resume", "--evaluations", "16", "--db", db]);
    chmodSync(place.file("theirs"), 0o777);
    expectSentence(
      ended,
      /^coordinator: Cannot (open|take|use).*theirs\/x\.db.*: (no permission|not allowed|this user may not)/,
    );
  });

  test("in a folder that may not be entered", async () => {
    await using place = new Workplace();
    mkdirSync(place.file("theirs"), { mode: 0o700 });
    const db = await withRun(place, "theirs");
    chmodSync(place.path, 0o755);
    if (!isRoot) chmodSync(place.file("theirs"), 0o000);
    for (const command of [["resume"], ["start", "--space", place.file("space.json")], ["lineage", "best"], ["runs"]]) {
      const ended = runAsStranger(place, [...command, "--db", db]);
      expect(ended.stderr, command.join(" ")).not.toMatch(/^\s+at .*:\d+:\d+/m);
      expect(ended.status, command.join(" ") + ended.stderr).toBe(1);
      expect(ended.stderr.trim().split("\n"), command.join(" ")).toHaveLength(1);
      expect(ended.stderr).toContain(db);
      expect(ended.stderr, command.join(" ")).not.toContain("There is no database");
    }
    const kernel = runAsStranger(place, ["check", place.file("theirs")]);
    expectSentence({ ...kernel, status: kernel.status === 2 ? 1 : kernel.status }, /no permission to look at/);
    chmodSync(place.file("theirs"), 0o700);
  });
});

const canMount = isRoot && spawnSync("unshare", ["--mount", "true"]).status === 0;

describe.skipIf(!canMount)("a full disk (needs root, to mount a small one)", () => {
  // What is left decides which file is the first that does not fit.
  test.each([0, 64, 1030, 1060, 1150])("with %i KiB left: resume names it", async (left) => {
    await using place = new Workplace();
    mkdirSync(place.file("small"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", place.file("small")]);
    try {
      const db = await withRun(place, "small");
      const { bavail, bsize } = statfsSync(place.file("small"));
      writeFileSync(place.file("small/filler"), Buffer.alloc(bavail * bsize - left * 1024));
      const args = ["resume", "--evaluations", "1296", "--db", db];
      const { code: status, stdout, stderr } = await place.run("coordinator", args);
      expectSentence({ status, stdout, stderr }, /the disk is full|KiB free/);
      if (left > 1024) return;
      const read = await place.run("coordinator", ["lineage", "best", "--db", db]);
      // Reading needs room for the index of the journal alone.
      expect(read.stderr).toMatch(/^$|the disk is full/);
    } finally {
      execFileSync("umount", [place.file("small")]);
    }
  });

  test("where a recording is to be written: its measurements stay, and the command is repeated", async () => {
    await using place = new Workplace();
    writeSyntheticSpace(place.file("space.json"), { values: 4 });
    mkdirSync(place.file("small"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", place.file("small")]);
    const record = ["record", "--space", "space.json", "--out", "small/copy.json"];
    try {
      const { code: status, stdout, stderr } = await place.run("coordinator", record);
      expectSentence({ status, stdout, stderr }, /Cannot write the recording .*the disk is full.*repeat the command/);
      execFileSync("mount", ["-o", "remount,size=10m", place.file("small")]);
      const again = await place.run("coordinator", record);
      expect(again.code, again.stderr).toBe(0);
      expect(place.ledger().query("select id from runs")).toHaveLength(1);
    } finally {
      execFileSync("umount", [place.file("small")]);
    }
  });
});

const absolute = (env: NodeJS.ProcessEnv, place: Workplace) =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, place.file(value ?? "")]));

describe("a path that leads nowhere, or through a file", () => {
  test.each<[string, string[], NodeJS.ProcessEnv, RegExp]>([
    ["--db", ["start", "--space", "space.json", "--db", "file/x.db"], {}, /file is a file, and a folder is needed/],
    ["a folder as --db", ["start", "--space", "space.json", "--db", "."], {}, /is a folder\. Name a database file/],
    ["--space", ["start", "--space", "file/x.json"], {}, /x\.json leads through a file that is not a folder/],
    ["a folder as --space", ["start", "--space", "."], {}, /a file is a folder, and a file is needed/],
    ["--out of a recording", ["record", "--space", "space.json", "--out", "file/x.json"], {}, /file is a file, and a/],
    ["--out of an invitation", ["invite", "--role", "worker", "--out", "file/x.json"], {}, /file is a file, and a/],
    ["--join", ["stop", "20260101-x", "--join", "none.json"], {}, /none\.json does not exist/],
    ["TMPDIR", ["start", "--space", "space.json"], { TMPDIR: "file/x" }, /file\/x.*Set TMPDIR/],
  ])("%s", async (_, args, env, said) => {
    await using place = new Workplace();
    writeSyntheticSpace(place.file("space.json"), { values: 2 });
    writeFileSync(place.file("file"), "");
    const { code, stdout, stderr } = await place.run("coordinator", args, absolute(env, place));
    // Some are mistakes in the use of an option.
    expectSentence({ status: code === 2 ? 1 : code, stdout, stderr }, said);
  });
});

test.each(["runs --json", "lineage top", "--help"])("output to a full disk: coordinator %s", async (command) => {
  await using place = new Workplace();
  mkdirSync(place.file(".kevo"));
  await withRun(place, ".kevo");
  const script = `exec "$0" "$1" ${command}${command === "--help" ? "" : " --db .kevo/x.db"} >/dev/full`;
  const args = ["-c", script, process.execPath, MAIN];
  const ended = spawnSync("sh", args, { cwd: place.path, encoding: "utf8" });
  expectSentence(ended, /cannot write to a file: the disk is full/);
});

test("a current folder that was removed is named", async () => {
  await using place = new Workplace();
  const script = 'mkdir old && cd old && rmdir ../old && exec "$0" "$1" runs';
  const ended = spawnSync("sh", ["-c", script, process.execPath, MAIN], { cwd: place.path, encoding: "utf8" });
  expectSentence(ended, /the current folder no longer exists/);
});
