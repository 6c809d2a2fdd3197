/** Tries, as another user of the host, what can be tried against a run; says how each attempt ended. */
import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServiceError } from "@grpc/grpc-js";
import { connectEvaluator } from "@kevo/proto/evaluator-service.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { connect, nkeyAuthenticator } from "nats";

const { port, folder, secret, address, key } = JSON.parse(process.argv[2] as string) as Record<string, string>;

const reading = (path: string) => {
  try {
    readFileSync(path);
    return "read";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};
const listed = (path: string): Dirent[] => {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
};
/** Files below a folder that this user can read. */
const readable = (path: string): string[] =>
  listed(path).flatMap((entry) => {
    const inner = join(path, entry.name);
    return entry.isDirectory() ? readable(inner) : reading(inner) === "read" ? [inner] : [];
  });
/** Names of files of processes that hold 32 hexadecimal digits or an NKey seed, or that this user may not see but sees. */
const told = (name: "cmdline" | "environ") =>
  listed("/proc").filter((entry) => {
    if (!/^\d+$/.test(entry.name) || entry.name === String(process.pid)) return false;
    try {
      const text = readFileSync(`/proc/${entry.name}/${name}`, "utf8");
      return text.includes(folder as string) && (name === "environ" || /[0-9a-f]{32}|\bSU[A-Z2-7]{56}/.test(text));
    } catch {
      return false;
    }
  }).length;

/** What comes of trying to say something on the bus. */
const onTheBus = (options: object) =>
  connect({ servers: `127.0.0.1:${port}`, reconnect: false, timeout: 20_000, ...options }).then(
    async (connection) => {
      connection.publish(subjects.announcement("x"), JSON.stringify({ v: 1, id: "x", address: "127.0.0.1:1" }));
      await connection.jetstream().views.os("kevo");
      return "let in";
    },
    (error: Error) => error.message,
  );
const bus = await onTheBus({});
const withToken = await onTheBus({ token: "guess" });
const withKey = await onTheBus({ authenticator: nkeyAuthenticator(Buffer.from(key as string)) });

const client = connectEvaluator(address as string);
const codeOf = (error: ServiceError | null) => error?.code ?? 0;
const describe = await new Promise((resolve) => client.describe({}, (error) => resolve(codeOf(error))));
const drain = await new Promise((resolve) => client.drain({}, (error) => resolve(codeOf(error))));
const evaluate = await new Promise((resolve) => {
  const request = { candidate: "r/0/0/0", attempt: 1, kernel: "0".repeat(64), configJson: "{}", workloads: ["w"] };
  client
    .evaluate({ ...request, effort: "quick" })
    .on("data", () => resolve(0))
    .on("error", (error: ServiceError) => resolve(error.code));
});
client.close();
const [keys, database, wal] = ["nats/keys.json", "lineage.db", "lineage.db-wal"].map((name) =>
  reading(`${folder}/.kevo/${name}`),
);
const files = { keys, database, wal, secret: reading(secret as string), below: readable(`${folder}/.kevo`) };
const processes = { cmdline: told("cmdline"), environ: told("environ") };
console.log(JSON.stringify({ bus, withToken, withKey, describe, evaluate, drain, ...files, ...processes }));
