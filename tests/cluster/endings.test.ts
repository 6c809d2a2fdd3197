/** However a run or an evaluator ends, everything that it started ends too, and what it did can be taken up again. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startTimeOf } from "@kevo/core/process/process-identity.ts";
import { describe, expect, test } from "vitest";
import { ROOT } from "../house/files.ts";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const RUN = [
  "start",
  ...["--backend", "replay", "--space", "space.json", "--time-scale", "1", "--devices", "0,1"],
  ...["--islands", "2", "--evaluations", "5000", "--search", "random"],
];

function workplace(): Workplace {
  const place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { compileMs: 10, benchmarkMs: 60, failEvery: 11 });
  return place;
}

interface Identity {
  readonly pid: number;
  readonly startTime: string;
}

/** A process and all that it started. */
function treeOf(root: number): Identity[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended.
    }
  }
  const isWithin = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || isWithin(parents.get(pid)));
  return [...parents.keys()].filter(isWithin).flatMap((pid) => {
    const startTime = startTimeOf(pid);
    return startTime === null ? [] : [{ pid, startTime }];
  });
}

const isAlive = ({ pid, startTime }: Identity) => startTimeOf(pid) === startTime;

/** The test's limit is against hanging. */
async function untilEnded(processes: readonly Identity[]): Promise<void> {
  while (processes.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** npm's own launcher, as a person starts it. */
function npx(place: Workplace, args: readonly string[]): ChildProcess & { text(): string } {
  const env = { ...process.env, NO_COLOR: "1" };
  const child = spawn("npx", ["--no-install", ...args], { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  place.adopt(child);
  return Object.assign(child, { text: () => text });
}

const inPlace = (place: Workplace) => [
  ...RUN.map((word) => (word === "space.json" ? place.file(word) : word)),
  ...["--db", place.file(".kevo/lineage.db")],
];

describe.runIf(process.platform === "linux")("everything that was started ends", () => {
  test.each(["SIGTERM", "SIGHUP", "SIGKILL"] as const)("with %s to npx", async (signal) => {
    await using place = workplace();
    const child = npx(place, ["coordinator", ...inPlace(place)]);
    await place.ledger().evaluated(5);
    const tree = treeOf(child.pid as number);
    expect(tree.length).toBeGreaterThan(5);
    child.kill(signal);
    await untilEnded(tree);
    expect(place.ledger().latest().status).toBe("interrupted");
    expect(child.text()).toMatch(/Resume the run with: .*resume \d{8}-/);
  });

  test.each(["SIGTERM", "SIGHUP"] as const)("with %s to npx gpu-evaluator", async (signal) => {
    await using place = workplace();
    const child = npx(place, ["gpu-evaluator", "start", "--backend", "replay", "--space", place.file("space.json")]);
    while (!child.text().includes("listening on")) await new Promise((resolve) => child.stdout?.once("data", resolve));
    const tree = treeOf(child.pid as number);
    child.kill(signal);
    await untilEnded(tree);
  });

  test.each(["SIGTERM", "SIGHUP"] as const)("with %s to the coordinator", async (signal) => {
    await using place = workplace();
    const { child, ended } = place.start("coordinator", RUN);
    await place.ledger().evaluated(5);
    const tree = treeOf(child.pid as number);
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Continue with: .*resume \d{8}-/);
    await untilEnded(tree);
    expect(place.ledger().latest().status).toBe("interrupted");
  });

  test("with kill -9 of the coordinator, nats-server included", async () => {
    await using place = workplace();
    const { child } = place.start("coordinator", RUN);
    await place.ledger().evaluated(5);
    const tree = treeOf(child.pid as number);
    expect(tree.map(({ pid }) => pid)).toContain(place.natsRecord().pid);
    child.kill("SIGKILL");
    await untilEnded(tree);
  });

  test("when the reader of its output has ended", async () => {
    await using place = workplace();
    const { child, ended } = place.start("coordinator", RUN);
    await place.ledger().evaluated(5);
    const tree = treeOf(child.pid as number);
    child.stderr?.destroy();
    expect((await ended).code).not.toBe(0);
    await untilEnded(tree);
    expect(place.ledger().latest().status).toBe("interrupted");
  });

  test("when a supervisor signals every process at once, as systemd's KillMode=control-group does", async () => {
    await using place = workplace();
    const { child, ended } = place.start("coordinator", RUN);
    await place.ledger().evaluated(5);
    const tree = treeOf(child.pid as number);
    for (const { pid } of tree) process.kill(pid, "SIGTERM");
    expect((await ended).code).toBe(130);
    await untilEnded(tree);
    expect(place.ledger().latest().status).toBe("interrupted");
  });

  test("as process 1 of a container", async () => {
    await using place = workplace();
    const program = [process.execPath, join(ROOT, "coordinator/bin/coordinator.mjs"), ...inPlace(place)];
    const container = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
    const child = spawn("unshare", [...container, ...program], { cwd: place.path, stdio: "ignore" });
    place.adopt(child);
    await place.ledger().evaluated(5);
    const tree = treeOf(child.pid as number);
    const first = tree.find(({ pid }) => /^NSpid:\t\d+\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
    process.kill(first?.pid as number, "SIGTERM");
    await untilEnded(tree);
    expect(place.ledger().latest().status).toBe("interrupted");
  });
});

test("two databases in one folder have separate servers", async () => {
  await using place = workplace();
  const run = (db: string) =>
    place.start("coordinator", [...RUN.map((word) => (word === "5000" ? "40" : word)), "--db", db]).ended;
  const [one, other] = await Promise.all([run("one.db"), run("other.db")]);
  expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0]);
  const servers = readdirSync(place.path).filter((name) => name.endsWith(".nats"));
  expect(servers.sort()).toEqual(["one.db.nats", "other.db.nats"]);
});
