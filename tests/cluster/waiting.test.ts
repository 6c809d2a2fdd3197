/** A waiting run reports the reason, the command that ends the waiting, and the remaining time. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { findNatsServer } from "@kevo/coordinator/nats-server/find.ts";
import { failureLine } from "@kevo/proto/failure.ts";
import { expect, test } from "vitest";
import { type Program, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

/** The first match on standard error. @throws when the program ends without having said it */
async function heard({ child, ended }: Program, what: RegExp): Promise<RegExpExecArray> {
  let said = "";
  const found = new Promise<RegExpExecArray>((resolve) => {
    child.stderr?.on("data", (text: Buffer) => {
      said += text.toString();
      const match = what.exec(said);
      if (match !== null) resolve(match);
    });
  });
  const first = await Promise.race([found, ended]);
  if ("code" in first) throw new Error(`it ended without having said ${what}: ${said}`);
  return first;
}

function workplace(): Workplace {
  const place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 40 });
  return place;
}

// The proposals do not matter here; random ones cost least.
const START = ["start", "--space", "space.json", "--islands", "1", "--search", "random"];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

test("--external-workers without a worker: the suggested command starts one, and the run continues", async () => {
  await using place = workplace();
  const run = place.start("coordinator", [...START, "--external-workers", "--evaluations", "8"]);
  const [, command = ""] = await heard(run, /no island-worker works for the run; start one with `([^`]+)`/);
  expect(command).toMatch(/island-worker\S* start --nats nats:\/\/127\.0\.0\.1:\d+$/);
  // As a person copies it, into another shell and another folder.
  const worker = spawn("sh", ["-c", `exec ${command}`], { cwd: "/", stdio: "ignore" });
  place.adopt(worker);
  const ended = await run.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(place.ledger().count("evaluations")).toBe(8);
});

test("--external-workers for other machines: how to invite one is shown as well", async () => {
  await using place = workplace();
  const listen = ["--nats-listen", "127.0.0.1:0", "--db", "a folder/x.db"];
  const run = place.start("coordinator", [...START, ...listen, "--external-workers", "--evaluations", "8"]);
  const [, command = ""] = await heard(run, /or invite one with `([^`]+)`/);
  const invited = spawn("sh", ["-c", command], { cwd: place.path, stdio: "ignore" });
  expect(await once(invited, "exit")).toEqual([0, null]);
  run.child.kill("SIGINT");
  await run.ended;
});

test("an evaluator that does not come: why, and for how much longer; --wait is a resume's own", async () => {
  await using place = workplace();
  const address = `127.0.0.1:${await freePort()}`;
  const run = place.start("coordinator", [...START, "--evaluator", address, "--wait", "3s", "--evaluations", "8"]);
  const [, seconds] = await heard(run, new RegExp(`no evaluator serves \\(${address}: .*\\); giving up in (\\d) s`));
  expect(Number(seconds)).toBeLessThanOrEqual(3);
  const ended = await run.ended;
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(
    /No evaluator has served for 3 s: .*connection refused.*--wait 10m.*coordinator\S* resume/,
  );
  const resumed = await place.run("coordinator", ["resume", "--wait", "1s", "--json"]);
  const { error } = failureLine.parse(JSON.parse(resumed.stdout.trim().split("\n").at(-1) ?? ""));
  expect(error).toMatchObject({ code: "no_evaluator", message: expect.stringContaining("has served for 1 s") });
  // Without it, the run's own.
  const own = await place.run("coordinator", ["resume", "--json"]);
  expect(own.stdout).toContain("has served for 3 s");
});

test("a lost connection to NATS is in the progress line, until it is back", async () => {
  await using place = workplace();
  const port = await freePort();
  const serve = (): ChildProcess => {
    const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", place.file("store")];
    const server = spawn(findNatsServer().path, args, { stdio: ["ignore", "ignore", "pipe"] });
    place.adopt(server);
    return server;
  };
  const ready = async (server: ChildProcess) => {
    for await (const text of server.stderr ?? []) if (String(text).includes("Server is ready")) return;
  };
  const first = serve();
  await ready(first);
  const nats = ["--nats", `nats://127.0.0.1:${port}`];
  const run = place.start("coordinator", [...START, ...nats, "--time-scale", "1", "--evaluations", "200"]);
  await place.ledger().evaluated(5);
  const lost = heard(run, /\] evolving: .*the connection to NATS is lost; reconnecting/);
  first.kill("SIGKILL");
  await lost;
  const back = heard(run, /\] evolving: (?:(?!is lost)[^\n])*\n/);
  serve();
  await back;
  const ended = await run.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(place.ledger().count("evaluations")).toBe(200);
});
