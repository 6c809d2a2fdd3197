/** A cluster over several machines by invitation: mutual TLS on NATS and gRPC, and what each certificate is good for. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { connect as dialTls } from "node:tls";
import { hasAuthority, invite, ownIdentity, withdraw } from "@kevo/coordinator/identity/authority.ts";
import { issueCertificate, makeAuthorityCertificate } from "@kevo/coordinator/identity/certificates.ts";
import { admitAnew } from "@kevo/coordinator/nats-server/admit-anew.ts";
import { type EmbeddedNats, startNatsServer } from "@kevo/coordinator/nats-server/embedded.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { type Invitation, readInvitation } from "@kevo/core/identity/invitation.ts";
import { createNKey } from "@kevo/core/identity/nkey.ts";
import type { Role } from "@kevo/core/identity/role.ts";
import type { TlsIdentity } from "@kevo/core/identity/tls.ts";
import { connectEvaluator } from "@kevo/proto/evaluator-service.ts";
import { connect, nkeyAuthenticator } from "nats";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

let dir: string;
let server: EmbeddedNats;
let invited: Record<"worker" | "evaluator" | "operator", Invitation>;

async function invitationOf(role: Role, name: string = role): Promise<Invitation> {
  return { v: 1, role, name, nats: "nats://unused:1", ...(await invite(dir, { role, name, days: 1 })) };
}

const authorityOf = (natsFolder: string) => ({
  cert: readFileSync(join(natsFolder, "authority/ca.crt"), "utf8"),
  key: readFileSync(join(natsFolder, "authority/ca.key"), "utf8"),
});

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "kevo-invited-"));
  expect(hasAuthority(dir)).toBe(false);
  await expect(startNatsServer({ dir, listen: "0.0.0.0:0" })).rejects.toThrow(/coordinator invite/);
  const [worker, evaluator, operator] = [
    await invitationOf("worker"),
    await invitationOf("evaluator"),
    await invitationOf("operator"),
  ];
  server = await startNatsServer({ dir, listen: "0.0.0.0:0" });
  invited = { worker, evaluator, operator };
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const opens = async (role: Role, invitation: Invitation) => {
  const bus = await connectBus({ url: server.url, role, invitation, name: "test" });
  expect(bus.identity).not.toBeNull();
  await bus.close();
};

describe("NATS beyond loopback", () => {
  test("lets in who was invited, encrypted, and this user's own programs", async () => {
    for (const role of ["worker", "evaluator", "operator"] as const) await opens(role, invited[role]);
    const own = await connectBus({ url: server.url, role: "coordinator", name: "test" });
    await own.close();
  });

  test("refuses a key without certificate, another authority's certificate, an expired one, an unknown key", async () => {
    const { nats_seed } = invited.worker;
    const authenticator = nkeyAuthenticator(Buffer.from(nats_seed));
    await expect(connect({ servers: server.url, authenticator, reconnect: false })).rejects.toThrow();
    const stranger = await makeAuthorityCertificate("another", 1);
    const theirs = await issueCertificate(stranger, { role: "worker", name: "w", days: 1 });
    const wrong = { ...invited.worker, cert: theirs.cert, key: theirs.key };
    await expect(opens("worker", wrong)).rejects.toThrow(/did not accept/);
    const late = await issueCertificate(authorityOf(dir), { role: "worker", name: "w", days: -1 });
    const expired = { ...invited.worker, cert: late.cert, key: late.key };
    await expect(opens("worker", expired)).rejects.toThrow(/did not accept/);
    const unknown = { ...invited.worker, nats_seed: createNKey().seed };
    await expect(opens("worker", unknown)).rejects.toThrow(/did not accept/);
  });

  test("an invitation works while the server runs, and its withdrawal disconnects its holder alone", async () => {
    const bus = await connectBus({ url: server.url, role: "operator", invitation: invited.operator, name: "test" });
    const disconnected = vi.fn();
    bus.onDisconnect(disconnected);
    const late = await invitationOf("worker", "late");
    await expect(opens("worker", late)).rejects.toThrow(/did not accept/);
    expect(admitAnew(dir, undefined)).toBe(true);
    await vi.waitFor(() => opens("worker", late), { timeout: 300_000 });
    expect(withdraw(dir, "late")).toBe(1);
    expect(admitAnew(dir, undefined)).toBe(true);
    await vi.waitFor(() => expect(opens("worker", late)).rejects.toThrow(/did not accept/), { timeout: 300_000 });
    expect(disconnected).not.toHaveBeenCalled();
    await bus.close();
  });

  test("its clients refuse a server that is not the coordinator's", async () => {
    const other = mkdtempSync(join(tmpdir(), "kevo-rogue-"));
    await invite(other, { role: "worker", name: "w", days: 1 });
    const rogue = await startNatsServer({ dir: other, listen: "0.0.0.0:0" });
    const url = rogue.url;
    await expect(connectBus({ url, role: "operator", invitation: invited.operator, name: "test" })).rejects.toThrow(
      /did not accept/,
    );
    await rogue.stop();
    rmSync(other, { recursive: true, force: true });
  });
});

test("an invitation is its owner's file, for one role, until a day", async () => {
  const path = join(dir, "file.json");
  writeFileSync(path, JSON.stringify(invited.operator), { mode: 0o644 });
  expect(() => readInvitation(path, "operator")).toThrow(/chmod 600/);
  rmSync(path);
  writeFileSync(path, JSON.stringify(invited.operator), { mode: 0o600 });
  expect(readInvitation(path, "operator")).toEqual(invited.operator);
  expect(() => readInvitation(path, "worker")).toThrow(/invites the operator/);
  expect(() => readInvitation(path, "operator", new Date(Date.now() + 2 * 86_400_000))).toThrow(/expired/);
});

test("a run over invited machines: joined during the run, wrong callers refused, stopped by the operator", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 20, values: 11 });
  const invitedTo = async (role: string) => {
    const { code, stderr } = await place.run("coordinator", [
      ...["invite", "--role", role, "--name", role, "--out", `${role}.json`],
      ...(existsSync(place.file(".kevo/nats/server.json")) ? [] : ["--address", "127.0.0.1:1"]),
    ]);
    expect(code, stderr).toBe(0);
    expect(statSync(place.file(`${role}.json`)).mode & 0o077).toBe(0);
    return place.file(`${role}.json`);
  };
  await invitedTo("worker");
  const args = ["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1", "--search", "random"];
  const own = ["--islands", "2", "--evaluations", "100000", "--nats-listen", "0.0.0.0:0", "--json"];
  const run = place.start("coordinator", [...args, ...own]);
  await place.ledger().evaluated(3);
  const { id } = place.ledger().latest();

  // Invited during the run.
  const invitation = readInvitation(await invitedTo("evaluator"), "evaluator");
  const url = invitation.nats.replace(/\/\/[^:]+:/, "//127.0.0.1:");
  const joining = ["--join", "evaluator.json", "--nats", url, "--json"];
  const evaluator = ["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1"];
  const daemon = place.start("gpu-evaluator", [...evaluator, ...joining]);
  const { listening } = JSON.parse(await daemon.firstLine) as { listening: string };
  await place.explain(
    vi.waitFor(() => expect(place.ledger().shares()).toHaveLength(2), { timeout: 240_000, interval: 100 }),
  );

  const codeOf = (tls: TlsIdentity | null) => {
    const client =
      tls === null
        ? connectEvaluator(listening)
        : openEvaluatorClient(listening, { tls: { ...tls, accepts: () => true } });
    return new Promise((resolve) =>
      client.drain({}, { deadline: Date.now() + 120_000 }, (error) => {
        client.close();
        resolve(error?.code ?? 0);
      }),
    );
  };
  const natsFolder = place.file(".kevo/nats");
  const coordinators = ownIdentity(natsFolder) as TlsIdentity;
  const expired = await issueCertificate(authorityOf(natsFolder), { role: "coordinator", name: "c", days: -1 });
  const foreign = await issueCertificate(await makeAuthorityCertificate("x", 1), {
    role: "coordinator",
    name: "c",
    days: 1,
  });
  const UNAVAILABLE = 14;
  expect(await codeOf(null)).toBe(UNAVAILABLE);
  expect(await codeOf({ ...coordinators, ...foreign })).toBe(UNAVAILABLE);
  expect(await codeOf({ ...coordinators, ...expired })).toBe(UNAVAILABLE);
  expect(await codeOf(readInvitation(place.file("worker.json"), "worker"))).toBe(16);
  expect(await codeOf(invitation)).toBe(16);

  const operator = readInvitation(await invitedTo("operator"), "operator");
  writeFileSync(place.file("operator-here.json"), JSON.stringify({ ...operator, nats: url }), { mode: 0o600 });
  const asWorker = await place.run("coordinator", ["stop", id, "--join", "worker.json"]);
  expect(asWorker).toMatchObject({ code: 2, stderr: expect.stringMatching(/invites the worker/) });
  const refusedWatch = await place.run("coordinator", ["watch", id, "--join", "worker.json"]);
  expect(refusedWatch).toMatchObject({ code: 2, stderr: expect.stringMatching(/invites the worker/) });
  const watching = place.start("coordinator", ["watch", id, "--join", "operator-here.json"]);
  const watchingJson = place.start("coordinator", ["watch", id, "--join", "operator-here.json", "--json"]);
  let shown = "";
  watching.child.stderr?.on("data", (text) => {
    shown += text;
  });
  await vi.waitFor(() => expect(shown).toMatch(/\d+ of \d+ evaluations/), { timeout: 300_000, interval: 100 });
  const left = place.start("coordinator", ["watch", id, "--join", "operator-here.json"]);
  await once(left.child.stderr as Readable, "data");
  left.child.kill("SIGINT");
  expect(await left.ended).toMatchObject({ code: 130, stderr: expect.stringMatching(/the run .* continues/) });
  const stop = await place.run("coordinator", ["stop", id, "--join", "operator-here.json"]);
  expect(stop.code, stop.stderr).toBe(0);
  const ended = await run.ended;
  expect(ended.code, ended.stderr).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ status: "stopped" });
  const watched = await watching.ended;
  expect(watched).toMatchObject({ code: 0, stderr: expect.stringContaining(id) });
  expect(JSON.parse((await watchingJson.ended).stdout)).toMatchObject({ run: id, status: "stopped" });
});

test("a run continues while its coordinator's certificate and an evaluator's invitation are replaced", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 20, values: 11 });
  const ask = async (...args: string[]) => {
    const { code, stderr } = await place.run("coordinator", ["invite", ...args]);
    expect(code, stderr).toBe(0);
  };
  await ask("--role", "evaluator", "--name", "gpu", "--out", "old.json", "--address", "127.0.0.1:1");
  const replay = ["--backend", "replay", "--space", "space.json", "--time-scale", "1"];
  const own = [
    "--search",
    "random",
    "--islands",
    "2",
    "--evaluations",
    "100000",
    "--nats-listen",
    "0.0.0.0:0",
    "--json",
  ];
  const run = place.start("coordinator", ["start", ...replay, ...own]);
  await place.ledger().evaluated(1);
  const { id } = place.ledger().latest();
  const url = `nats://127.0.0.1:${place.natsRecord().port}`;
  const join = async (file: string) => {
    const daemon = place.start("gpu-evaluator", ["start", ...replay, "--join", file, "--nats", url, "--json"]);
    return (JSON.parse(await daemon.firstLine) as { id: string }).id;
  };
  const evaluatedBy = (evaluator: string) =>
    place.ledger().query<{ n: number }>("select count(*) n from evaluations where evaluator = ?", evaluator)[0]?.n ?? 0;
  const more = async (evaluator: string) => {
    const before = evaluatedBy(evaluator);
    await place.explain(vi.waitFor(() => expect(evaluatedBy(evaluator)).toBeGreaterThan(before + 2), LONG));
  };
  const LONG = { timeout: 300_000, interval: 100 };
  const old = await join("old.json");
  await more(old);

  const serialOf = () => new X509Certificate(ownIdentity(place.file(".kevo/nats"))?.cert ?? "").serialNumber;
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const socket = dial(place.natsRecord().port, "127.0.0.1");
      socket.once("data", () => {
        const secure = dialTls({ socket, rejectUnauthorized: false }, () => {
          resolve(secure.getPeerCertificate().serialNumber);
          secure.destroy();
        });
        secure.on("error", reject);
      });
    });
  const first = serialOf();
  expect(await shown()).toBe(first);
  await ask("--rotate");
  expect(serialOf()).not.toBe(first);
  await vi.waitFor(async () => expect(await shown()).toBe(serialOf()), LONG);
  await more(old);

  await ask("--role", "evaluator", "--name", "gpu", "--out", "new.json");
  const renewed = await join("new.json");
  await more(renewed);
  await ask("--revoke", "gpu", "--older");
  const stateOf = (evaluator: string) =>
    place.ledger().query<{ state: string }>("select state from evaluators where id = ?", evaluator)[0]?.state;
  await vi.waitFor(() => expect(stateOf(old)).not.toBe("serving"), LONG);
  const last = evaluatedBy(old);
  await more(renewed);
  expect(evaluatedBy(old)).toBe(last);
  const again = await place.run("gpu-evaluator", ["start", ...replay, "--join", "old.json", "--nats", url]);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/did not accept the invitation/) });
  await more(renewed);

  run.child.kill("SIGINT");
  expect((await run.ended).code).toBe(130);
  expect(place.ledger().query("select 1 from events where kind = 'stalled' and run = ?", id)).toEqual([]);
});

test("a run continues while the authority of all certificates is replaced", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 20, values: 11 });
  const ask = async (...args: string[]) => place.run("coordinator", ["invite", ...args]);
  const inviteTo = async (role: string, out: string) => {
    const address = existsSync(place.file(".kevo/nats/server.json")) ? [] : ["--address", "127.0.0.1:1"];
    const { code, stderr } = await ask("--role", role, "--name", role, "--out", out, ...address);
    expect(code, stderr).toBe(0);
  };
  await inviteTo("evaluator", "evaluator.json");
  await inviteTo("worker", "worker.json");
  const replay = ["--backend", "replay", "--space", "space.json", "--time-scale", "1"];
  const own = [
    "--search",
    "random",
    "--islands",
    "2",
    "--evaluations",
    "100000",
    "--nats-listen",
    "0.0.0.0:0",
    "--json",
  ];
  const run = place.start("coordinator", ["start", ...replay, ...own]);
  await place.ledger().evaluated(1);
  const { id } = place.ledger().latest();
  const url = `nats://127.0.0.1:${place.natsRecord().port}`;
  const daemon = place.start("gpu-evaluator", [
    ...["start", ...replay, "--join", "evaluator.json", "--nats", url, "--json"],
  ]);
  const evaluator = (JSON.parse(await daemon.firstLine) as { id: string }).id;
  const worker = place.start("island-worker", ["start", "--join", "worker.json", "--nats", url, "--name", "invited"]);
  let workerSaid = "";
  worker.child.stderr?.on("data", (text) => {
    workerSaid += text;
  });
  const count = (sql: string, ...values: string[]) => place.ledger().query<{ n: number }>(sql, ...values)[0]?.n ?? 0;
  const evaluated = () => count("select count(*) n from evaluations where evaluator = ?", evaluator);
  const LONG = { timeout: 300_000, interval: 100 };
  const more = async () => {
    const before = evaluated();
    await place.explain(vi.waitFor(() => expect(evaluated()).toBeGreaterThan(before + 2), LONG));
  };
  await more();
  // Before what it was invited with is replaced.
  await vi.waitFor(() => expect(workerSaid).toMatch(/works for /), LONG);

  const natsFolder = place.file(".kevo/nats");
  const old = { evaluator: readFileSync(place.file("evaluator.json")), own: ownIdentity(natsFolder) as TlsIdentity };
  const begun = await ask("--rotate-authority");
  expect(begun, begun.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining("new authority") });
  const early = await ask("--rotate-authority");
  expect(early).toMatchObject({ code: 1, stderr: expect.stringMatching(/evaluator, worker/) });
  // The coordinator's certificate is replaced by one that old members trust too.
  expect((await ask("--rotate")).code).toBe(0);
  await more();

  for (const role of ["evaluator", "worker"]) {
    await inviteTo(role, `${role}-new.json`);
    renameSync(place.file(`${role}-new.json`), place.file(`${role}.json`));
  }
  const { cert: renewed } = readInvitation(place.file("evaluator.json"), "evaluator");
  const address = place.ledger().query<{ address: string }>("select address from evaluators where id = ?", evaluator);
  const [host = "", port = ""] = (address[0]?.address ?? "").split(":");
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const { ca, cert, key } = ownIdentity(natsFolder) as TlsIdentity;
      const trust = { ca, cert, key, rejectUnauthorized: false, ALPNProtocols: ["h2"] };
      const socket = dialTls({ host, port: Number(port), ...trust }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  await vi.waitFor(async () => expect(await shown()).toBe(new X509Certificate(renewed).serialNumber), LONG);
  await more();
  // It has left its islands and joined again.
  await vi.waitFor(() => expect(workerSaid).toMatch(/works for .*\n.*no longer works.*\n.*works for/), LONG);
  const ended = await ask("--rotate-authority");
  expect(ended, ended.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining("no longer valid") });
  expect(ownIdentity(natsFolder)?.ca.match(/BEGIN/g)).toHaveLength(1);
  await more();
  // Whatever reconnects now does it with the new authority alone.
  process.kill(place.natsRecord().pid, "SIGKILL");
  await more();

  writeFileSync(place.file("old.json"), old.evaluator, { mode: 0o600 });
  const refused = await place.run("gpu-evaluator", ["start", ...replay, "--join", "old.json", "--nats", url]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/did not accept the invitation/) });
  const client = openEvaluatorClient(address[0]?.address ?? "", { tls: { ...old.own, accepts: () => true } });
  const code = await new Promise((resolve) =>
    client.drain({}, { deadline: Date.now() + 120_000 }, (error) => resolve(error?.code)),
  );
  client.close();
  expect(code).toBe(14);
  await more();
  for (const { child } of [worker, daemon]) expect(child.exitCode).toBeNull();
  for (const { child } of [worker, daemon, run]) child.kill("SIGINT");
  expect((await run.ended).code).toBe(130);
  expect(place.ledger().query("select 1 from events where kind = 'stalled' and run = ?", id)).toEqual([]);
});
