/** Tries, as another user of the host, what can be tried against a run; says how each attempt ended. */
import { readFileSync } from "node:fs";
import type { ServiceError } from "@grpc/grpc-js";
import { connectEvaluator } from "@kevo/proto/evaluator-service.ts";
import { connect } from "nats";

const [port, folder, secret, address] = process.argv.slice(2) as [string, string, string, string];

const reading = (path: string) => {
  try {
    readFileSync(path);
    return "read";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

const bus = await connect({ servers: `127.0.0.1:${port}`, reconnect: false, timeout: 20_000 }).then(
  (connection) => {
    connection.publish("kevo.runs", "{}");
    return "let in";
  },
  (error: Error) => error.message,
);
const client = connectEvaluator(address);
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
console.log(JSON.stringify({ bus, describe, evaluate, drain, keys, database, wal, secret: reading(secret) }));
