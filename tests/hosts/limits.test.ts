/** Hosts that lack something: a run succeeds, or one sentence says what is missing and what to do. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { type Ended, LedgerView, type Program, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const MAIN = new URL("../../coordinator/cli/main.ts", import.meta.url).pathname;

/** A kernel in C, and as little of it as shows whether it runs. */
const SMALL_RUN = [
  ...["start", "--kernel", "attention-cpu", "--workload", "w64-l256"],
  "--islands",
  "1",
  "--evaluations",
  "2",
];

function replay(place: Workplace, db = place.file("x.db")): string[] {
  const space = place.file("space.json");
  writeSyntheticSpace(space);
  return [
    "start",
    "--backend",
    "replay",
    "--space",
    space,
    "--evaluations",
    "8",
    "--islands",
    "1",
    "--json",
    "--db",
    db,
  ];
}

function expectSentence({ code, stderr }: Pick<Ended, "code" | "stderr">, ...parts: (string | RegExp)[]): void {
  expect(code, stderr).toBe(1);
  for (const part of parts) expect(stderr).toMatch(part);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
}

test.each([30, 100])("%i open files: the limit is named, and not something else that is missing", async (limit) => {
  await using place = new Workplace();
  const command = `ulimit -n ${limit} && exec "$@"`;
  const args = ["-c", command, "sh", process.execPath, MAIN, ...replay(place)];
  const { status, stderr } = spawnSync("bash", args, { cwd: place.path, encoding: "utf8" });
  expectSentence({ code: status, stderr }, `At most ${limit} files may be open at once`, /ulimit -n 1024/);
});

test("no locale and a name that is not ASCII: a run succeeds", async () => {
  await using place = new Workplace();
  const env = { LANG: "", LC_ALL: "", LC_CTYPE: "" };
  const { code, stderr } = await place.run("coordinator", replay(place, place.file("läufe ☃.db")), env);
  expect(code, stderr).toBe(0);
});

const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;

describe.skipIf(!canMount)("a file system (needs root, to mount one)", () => {
  // Each size is full at another step: no table, some of them, the first write of the run.
  test.each([64, 150, 200, 300, 600])("of %i KiB is called full", async (kib) => {
    await using place = new Workplace();
    mkdirSync(place.file("small"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", place.file("small")]);
    try {
      const ended = await place.run("coordinator", replay(place, place.file("small/x.db")));
      expectSentence(ended, /\d+ KiB free, and a run needs at least 1024 KiB\. Free some space/);
    } finally {
      execFileSync("umount", [place.file("small")]);
    }
  });

  test("mounted noexec: a kernel in C has nowhere to run, and an error says so", async () => {
    await using place = new Workplace();
    mkdirSync(place.file("noexec"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "noexec,size=50m", "tmpfs", place.file("noexec")]);
    try {
      const ended = await place.run("coordinator", SMALL_RUN, { TMPDIR: place.file("noexec") });
      expectSentence(ended, /mounted noexec\. Set TMPDIR to a folder on another file system/);
    } finally {
      execFileSync("umount", [place.file("noexec")]);
    }
  });

  test("for shared memory that holds 64 KiB: a kernel with larger arrays runs", async () => {
    await using place = new Workplace();
    const command = 'mount -t tmpfs -o size=64k tmpfs /dev/shm && exec "$@"';
    const inside = ["--mount", "sh", "-c", command, "sh", process.execPath, MAIN, ...SMALL_RUN, "--json"];
    const { status, stdout, stderr } = spawnSync("unshare", inside, { cwd: place.path, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "completed", evaluations: { crashed: 0 } });
  });

  test("that fills up during a run is called full, and the run can be resumed", async () => {
    await using place = new Workplace();
    mkdirSync(place.file("small"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1100k", "tmpfs", place.file("small")]);
    try {
      const args = replay(place, place.file("small/x.db")).map((arg) => (arg === "8" ? "2000" : arg));
      expectSentence(await place.run("coordinator", args), /the disk is full.*coordinator\S* resume/);
    } finally {
      execFileSync("umount", [place.file("small")]);
    }
  });
});

/** Once it has said so on standard error. @throws when it ends without having said it */
async function heard({ child, ended }: Program, what: RegExp): Promise<void> {
  let said = "";
  const found = new Promise<true>((resolve) => {
    child.stderr?.on("data", (text: Buffer) => {
      said += text.toString();
      if (what.test(said)) resolve(true);
    });
  });
  expect(await Promise.race([found, ended]), said).toBe(true);
}

test("a database that another program has locked before a run is named, and waited for", async () => {
  await using place = new Workplace();
  const args = replay(place).filter((arg) => arg !== "--json");
  expect((await place.run("coordinator", args)).code).toBe(0);
  const other = new Database(place.file("x.db"));
  try {
    other.exec("begin immediate");
    const run = place.start("coordinator", args);
    await heard(run, /another program has locked .*x\.db; waiting/);
    other.close();
    expect((await run.ended).code).toBe(0);
  } finally {
    other.close();
  }
});

/** Asks a replay for what it does not have: the gateway itself answers. */
const ASK_GATEWAY = `
const { openGateway } = await import("${new URL("../../research-stage/recording/gateway.ts", import.meta.url)}");
const { createMemoryStore } = await import("${new URL("../../research-stage/recording/store.ts", import.meta.url)}");
const gateway = await openGateway({ recording: createMemoryStore(), replay: true, cache: null });
const service = { name: "none", origin: "https://example.org", timeoutMs: 1, intervalMs: 0, fresh: () => true, sound: () => true };
await gateway.call(service, undefined, async ({ baseUrl }) => {
  console.log(new URL(baseUrl).origin, (await fetch(baseUrl + "/works")).status);
}).catch(() => {});
await gateway.close();
`;

const canUnshareNetwork = canMount && spawnSync("unshare", ["--net", "ip", "link"]).status === 0;

describe.skipIf(!canUnshareNetwork)("a separate network (needs root, unshare and ip)", () => {
  const runIn = (place: Workplace, network: string, args: readonly string[]) => {
    const command = ["--net", "sh", "-c", `${network} && exec "$@"`, "sh", process.execPath, MAIN, ...args];
    return spawnSync("unshare", command, { cwd: place.path, encoding: "utf8" });
  };
  const IPV6_ONLY = "ip link set lo up && ip address delete 127.0.0.1/8 dev lo";

  test("without 127.0.0.1: the programs of a run use ::1", async () => {
    await using place = new Workplace();
    const { status, stdout, stderr } = runIn(place, IPV6_ONLY, replay(place));
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "completed", evaluations: { ok: 8 } });
  });

  test("without 127.0.0.1: the research stage's gateway answers on ::1", async () => {
    await using place = new Workplace();
    writeFileSync(place.file("ask.ts"), ASK_GATEWAY);
    const command = ["--net", "sh", "-c", `${IPV6_ONLY} && exec "$@"`, "sh", process.execPath, place.file("ask.ts")];
    const { stdout, stderr } = spawnSync("unshare", command, { cwd: place.path, encoding: "utf8" });
    expect(stdout, stderr).toMatch(/^http:\/\/\[::1\]:\d+ 504\n$/);
  });

  test("without an address that was asked for: it is named", async () => {
    await using place = new Workplace();
    const { status, stderr } = runIn(place, IPV6_ONLY, [...replay(place), "--nats-listen", "127.0.0.1:0"]);
    expectSentence({ code: status, stderr }, /127\.0\.0\.1:0 .*this host has no such address.*--nats-listen/);
  });

  test("with loopback down: what to do is said", async () => {
    await using place = new Workplace();
    const { status, stderr } = runIn(place, "true", replay(place));
    expectSentence({ code: status, stderr }, /no loopback address.*ip link set lo up/);
  });
});

describe.skipIf(process.platform !== "linux")("a name that is not UTF-8 is refused, and nothing is made", () => {
  const NAME = "$'\\xff\\xfe'";
  const inBash = (place: Workplace, script: string, args: readonly string[]) =>
    spawnSync("bash", ["-c", script, "sh", process.execPath, MAIN, ...args], { cwd: place.path, encoding: "utf8" });

  test.each([
    ["--db", `exec "$@" --db ${NAME}/x.db`, `The argument ${NAME.slice(0, -1)}/x.db'`],
    ["the current folder", `cd ${NAME} && exec "$@"`, "The name of the current folder, "],
    ["TMPDIR", `TMPDIR="$PWD"/${NAME} exec "$@"`, "The environment variable $'TMPDIR="],
  ])("%s", async (_, script, named) => {
    await using place = new Workplace();
    const args = replay(place).slice(0, -2);
    const { status, stderr } = inBash(place, `mkdir ${NAME} && ${script}`, args);
    expect(status, stderr).toBe(2);
    expect(stderr).toContain(named);
    expect(stderr).toContain("\\xff\\xfe");
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(readdirSync(place.path, { encoding: "buffer" }).map((name) => name.toString("latin1"))).toEqual(
      expect.arrayContaining(["space.json", "\xff\xfe"]),
    );
    expect(readdirSync(place.path)).toHaveLength(2);
  });

  test("help is given all the same", async () => {
    await using place = new Workplace();
    expect(inBash(place, `mkdir ${NAME} && cd ${NAME} && exec "$@"`, ["start", "--help"]).status).toBe(0);
  });
});

test("a database that another program locks during a run: the run waits, and continues when it is free", async () => {
  await using place = new Workplace();
  const db = place.file("x.db");
  const args = replay(place, db).filter((arg) => arg !== "--json");
  // Ten seconds, so that a slow machine too locks it during the run.
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 250 });
  const run = place.start("coordinator", [
    ...args.map((arg) => (arg === "8" ? "40" : arg)),
    ...["--time-scale", "1", "--search", "random"],
  ]);
  const waits = heard(run, /another program has locked .*x\.db; waiting/);
  await new LedgerView(db).evaluated(8);
  const other = new Database(db);
  try {
    other.exec("begin immediate");
    await waits;
    // Longer than SQLite itself waits.
    await Promise.race([run.ended, setTimeout(6000)]);
    expect(run.child.exitCode).toBeNull();
  } finally {
    other.close();
  }
  const ended = await run.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(new LedgerView(db).latest()).toMatchObject({ status: "completed", accepted: 40 });
});
