import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { publishLocalSecret, removeLocalSecret } from "../identity/local-secrets.ts";
import { startTimeOf } from "../process/process-identity.ts";
import { evaluatorAccess } from "./client.ts";

const secret = "a secret of this test alone, long enough";
/** Taken, so that no evaluator of this host has the port. */
const server = createServer();
let port: number;
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  removeLocalSecret("evaluator", port);
  server.close();
});

test.runIf(process.platform === "linux")(
  "what a killed evaluator left does not count, though its id is used again",
  () => {
    const access = (startTime: string | undefined) => {
      publishLocalSecret("evaluator", port, { secret, pid: process.pid, startTime });
      return evaluatorAccess(`127.0.0.1:${port}`, undefined);
    };
    expect(access(startTimeOf(process.pid) as string)).toEqual({ secret });
    // Of an older version.
    expect(access(undefined)).toEqual({ secret });
    expect(access("1")).toBeNull();
  },
);
