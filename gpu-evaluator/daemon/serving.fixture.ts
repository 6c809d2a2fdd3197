import { tmpdir } from "node:os";
import type { ServiceError } from "@grpc/grpc-js";
import { openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { createLogger } from "@kevo/core/logging/logger.ts";
import { faultIn } from "@kevo/proto/evaluator-fault.ts";
import type {
  EvaluateEvent__Output,
  EvaluateRequest,
  EvaluatorClient,
  Result__Output,
} from "@kevo/proto/evaluator-service.ts";
import { afterEach } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { Daemon, type StageLimits } from "./daemon.ts";
import { EvolvedSources } from "./evolved-sources.ts";
import { SCRIPTED_KERNEL, scriptedKernels } from "./scripted-backend.fixture.ts";
import { type EvaluatorServer, serveEvaluator } from "./server.ts";

const logger = createLogger("test", { KEVO_LOG: "silent" });
export const SECRET = "a secret of this test alone, long enough";
export const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export interface Serving {
  readonly server: EvaluatorServer;
  readonly client: EvaluatorClient;
  readonly address: string;
}

export async function serve(backend: Backend, given: { limits?: StageLimits } = {}): Promise<Serving> {
  const server = await serveEvaluator({
    evolvedSources: new EvolvedSources({ bus: null, folder: tmpdir() }),
    id: "test-daemon",
    version: "0",
    listen: "127.0.0.1:0",
    identity: { secrets: [SECRET] },
    daemon: new Daemon(backend, logger, given.limits),
    kernels: scriptedKernels(),
    onDrained: () => {},
    logger,
  });
  const address = `127.0.0.1:${server.port}`;
  const client = openEvaluatorClient(address, { secret: SECRET });
  cleanups.push(
    () => server.close(),
    () => client.close(),
  );
  return { server, client, address };
}

export function requestOf(n: number, act = "ok", change: Partial<EvaluateRequest> = {}): EvaluateRequest {
  return {
    candidate: `run/0/0/${n}`,
    attempt: 1,
    kernel: SCRIPTED_KERNEL.hash,
    configJson: JSON.stringify({ act, n }),
    source: "",
    workloads: ["w"],
    effort: "quick",
    purpose: "SEARCH",
    inputSeed: 1,
    deviceModel: "",
    bestSpeedup: 0,
    ...change,
  };
}

/** The stages seen and the result. @throws ServiceError */
export function evaluate(client: EvaluatorClient, request: EvaluateRequest) {
  const call = client.evaluate(request);
  const stages: string[] = [];
  const result = new Promise<Result__Output>((resolve, reject) => {
    call.on("data", (event: EvaluateEvent__Output) => {
      if (event.result) resolve(event.result);
      else stages.push(String(event.stage));
    });
    call.on("error", reject);
  });
  return { call, stages, result };
}

export const refusal = (result: Promise<unknown>) =>
  result.then(
    () => {
      throw new Error("was not refused");
    },
    (error: ServiceError) => ({ code: error.code, fault: faultIn(error.metadata), details: error.details }),
  );

export const describeDaemon = (client: EvaluatorClient) =>
  new Promise<{ credits: number; draining: boolean; inFlight: number; devices: { state: string }[] }>(
    (resolve, reject) => client.describe({}, (error, reply) => (error ? reject(error) : resolve(reply as never))),
  );
