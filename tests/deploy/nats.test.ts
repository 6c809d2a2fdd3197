/** A nats-server is started from every committed configuration, with other ports. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { makeAuthorityCertificate } from "../../coordinator/identity/certificates.ts";
import { findNatsServer } from "../../coordinator/nats-server/find.ts";
import { ROOT } from "../house/files.ts";
import { renderChart } from "./chart.fixture.ts";
import { deployTools } from "./tools.ts";

const scratch = mkdtempSync(join(tmpdir(), "kevo-nats-conf-"));
const running: ChildProcess[] = [];
afterAll(async () => {
  for (const server of running) server.kill("SIGKILL");
  await Promise.all(
    running.map(
      (server) =>
        new Promise((resolve) =>
          server.exitCode === null && server.signalCode === null ? server.once("close", resolve) : resolve(null),
        ),
    ),
  );
  rmSync(scratch, { recursive: true, maxRetries: 5 });
});
const { path: binary } = findNatsServer();

async function freePorts(n: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: n }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

test("three servers of deploy/nats find each other, and their JetStream has a leader", async () => {
  const ports = await freePorts(9);
  const of = (server: number, what: number) => ports[server * 3 + what] as number;
  const clients = [0, 1, 2].map((server) => {
    const folder = join(scratch, `cluster-${server}`);
    cpSync(join(ROOT, "deploy/nats"), folder, { recursive: true });
    const text = readFileSync(join(folder, "cluster.conf"), "utf8")
      .replace("0.0.0.0:4222", `127.0.0.1:${of(server, 0)}`)
      .replace("0.0.0.0:6222", `127.0.0.1:${of(server, 1)}`)
      .replace("127.0.0.1:8222", `127.0.0.1:${of(server, 2)}`);
    writeFileSync(join(folder, "cluster.conf"), text);
    const routes = [0, 1, 2].map((other) => `nats://route:a-password-of-the-test@127.0.0.1:${of(other, 1)}`);
    const secrets = {
      ...{ KEVO_TOKEN: "a-token-of-the-test", ROUTE_PASSWORD: "a-password-of-the-test" },
      ROUTES: JSON.stringify(routes),
    };
    const env = { PATH: process.env.PATH, NAME: `nats-${server}`, STORE: join(folder, "store"), ...secrets };
    const child = spawn(binary, ["-c", join(folder, "cluster.conf")], { env, stdio: "ignore" });
    running.push(child);
    return child;
  });
  const leaders = () =>
    Promise.all(
      [0, 1, 2].map(async (server) => {
        const answer = await fetch(`http://127.0.0.1:${of(server, 2)}/jsz`).catch(() => null);
        if (answer === null) return null;
        const { meta_cluster: meta } = (await answer.json()) as {
          meta_cluster?: { leader?: string; cluster_size: number };
        };
        return meta?.cluster_size === 3 ? meta.leader : null;
      }),
    );
  await expect
    .poll(async () => new Set(await leaders()), { interval: 100 })
    .toSatisfy((found: Set<unknown>) => {
      const [leader] = found;
      return found.size === 1 && /^nats-\d$/.test(String(leader));
    });
  expect(clients.every(({ exitCode }) => exitCode === null)).toBe(true);
});

const tools = deployTools();

test.skipIf(tools === null)("nats-server takes the chart's configuration, with and without TLS", async () => {
  const { objects } = renderChart(tools ?? "", {});
  const configuration =
    objects["small-cluster"]?.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "kevo-nats")
      ?.data?.["nats.conf"] ?? "";
  expect(configuration).toContain("tls {");
  const set = objects["small-cluster"]?.find(({ kind }) => kind === "StatefulSet")?.spec;
  const { template } = z
    .looseObject({
      template: z.looseObject({
        spec: z.looseObject({
          containers: z.array(
            z.looseObject({ env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })) }),
          ),
        }),
      }),
    })
    .parse(set);
  const routes = template.spec.containers[0]?.env
    .find(({ name }) => name === "ROUTES")
    ?.value?.replaceAll("$(ROUTE_PASSWORD)", "a-password");
  expect(JSON.parse(routes ?? "")).toHaveLength(3);
  const { cert, key } = await makeAuthorityCertificate("test", 1);
  for (const [name, text] of Object.entries({ "tls.crt": cert, "tls.key": key, "ca.crt": cert }))
    writeFileSync(join(scratch, name), text);
  const env = {
    PATH: process.env.PATH,
    POD_NAME: "kevo-nats-0",
    KEVO_TOKEN: "a-token",
    ROUTE_PASSWORD: "a-password",
    ROUTES: routes,
  };
  const check = (text: string) => {
    writeFileSync(
      join(scratch, "nats.conf"),
      text.replaceAll("/etc/nats-tls", scratch).replace("/data", join(scratch, "data")),
    );
    return spawnSync(binary, ["-t", "-c", join(scratch, "nats.conf")], { env, encoding: "utf8" });
  };
  expect(check(configuration).stderr).toMatch(/configuration file .* is valid/);
  expect(check(configuration.replace(/tls \{[^}]*\}/, "")).status).toBe(0);
  expect(check(configuration.replace("max_payload", "max_playload")).status).not.toBe(0);
});
