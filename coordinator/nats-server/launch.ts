/** Starts one nats-server process and waits until it answers. */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Address, formatAddress } from "@kevo/core/config/address.ts";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { describeEnd } from "@kevo/core/process/ended.ts";
import { endProcess, startTimeOf } from "@kevo/core/process/process-identity.ts";
import { greeting } from "./greeting.ts";
import { type ServerRecord, writeRecord } from "./record.ts";
import { configPath, renderConfig, type ServerSettings, writeConfig } from "./server-config.ts";

const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 15;

export interface Launched {
  readonly record: ServerRecord;
  readonly child: ChildProcess;
}

/** Where this host reaches a server that listens there. */
export function localAddress({ host, port }: Address): Address {
  if (host === "0.0.0.0") return { host: "127.0.0.1", port };
  return host === "::" ? { host: "::1", port } : { host, port };
}

/** For clients on this host. */
export const localUrl = (listen: Address) => `nats://${formatAddress(localAddress(listen))}`;

/** @throws UserError with the last line of the server's log when it does not come up. */
export async function launch(dir: string, binary: string, settings: ServerSettings): Promise<Launched> {
  writeConfig(dir, renderConfig(dir, settings));
  const logPath = join(dir, "nats-server.log");
  // Each start has its own log; the last one is what a person wants to see.
  const log = openSync(logPath, "w", 0o600);
  // Detached: Ctrl-C in the terminal is for the coordinator, which ends the server last.
  const child = spawn(binary, ["-c", configPath(dir)], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: dir,
    env: { PATH: process.env.PATH ?? "" },
  });
  closeSync(log);
  child.unref();
  let ended: string | null = null;
  child.once("error", (error) => {
    ended = reasonOf(error);
  });
  child.once("exit", (code, signal) => {
    ended = `it ${describeEnd({ code, signal })}`;
  });

  const { pid } = child;
  const startTime = pid === undefined ? null : startTimeOf(pid);
  const { listen, name } = settings;
  if (pid !== undefined && startTime !== null) {
    // Before it is ready, so that a crash of this process leaves no unrecorded server.
    const record = { pid, host: listen.host, port: listen.port, startTime, binary, name };
    writeRecord(dir, record);
    const deadline = performance.now() + READY_LIMIT_MS;
    while (ended === null && performance.now() < deadline) {
      if ((await greeting(localAddress(listen)))?.server_name === name) return { record, child };
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    if (ended === null) await endProcess(pid, startTime, 0);
  }
  throw new UserError(
    `The nats-server failed to start on ${formatAddress(listen)} (${ended ?? `no answer within ${READY_LIMIT_MS / 1000} s`}): ` +
      `${lastMessage(logPath)}. Its log is ${logPath}.`,
  );
}

function lastMessage(logPath: string): string {
  const lines = readFileSync(logPath, "utf8").trim().split("\n");
  const loud = lines.filter((line) => /\[(FTL|ERR)\]/.test(line));
  return (loud.at(-1) ?? lines.at(-1) ?? "").replace(/^.*\] /, "").trim() || "it printed nothing";
}

/** A port that is free now. Another process may take it first: the caller tries again. */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRNOTAVAIL") return reject(error);
      const address = formatAddress({ host, port: 0 });
      reject(
        new UserError(
          `The nats-server cannot listen on ${address} (${error.message}): this host has no such address. Choose another one with --nats-listen HOST:PORT.`,
        ),
      );
    });
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
