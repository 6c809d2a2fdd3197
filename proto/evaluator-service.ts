/** evaluator.proto at run time: the service's definition for a daemon and the client for who dispatches to it. */
import { fileURLToPath } from "node:url";
import {
  type ChannelCredentials,
  type ChannelOptions,
  credentials,
  type Interceptor,
  loadPackageDefinition,
  type ServerOptions,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType } from "./generated/evaluator.ts";
import type { EvaluatorClient } from "./generated/kevo/v1/Evaluator.ts";

export type { Description__Output as Description } from "./generated/kevo/v1/Description.ts";
export type { EvaluateEvent, EvaluateEvent__Output } from "./generated/kevo/v1/EvaluateEvent.ts";
export type { EvaluateRequest, EvaluateRequest__Output } from "./generated/kevo/v1/EvaluateRequest.ts";
export type { EvaluatorClient, EvaluatorHandlers } from "./generated/kevo/v1/Evaluator.ts";
export type { Result, Result__Output } from "./generated/kevo/v1/Result.ts";

// The same options as proto/generate.sh gives to the generator; otherwise the types would not be true.
const definition = loadSync(fileURLToPath(new URL("./evaluator.proto", import.meta.url)), {
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
});
const { Evaluator } = (loadPackageDefinition(definition) as unknown as ProtoGrpcType).kevo.v1;

/** The argument of a daemon's `Server.addService`. */
export const evaluatorService = Evaluator.service;
/** Full name, as gRPC health knows it. */
export const EVALUATOR_SERVICE_NAME = "kevo.v1.Evaluator";

/** A configuration has at most 64 KiB; names of workloads come on top. */
const MAX_REQUEST_BYTES = 1024 * 1024;
/** With every sample of every workload. */
const MAX_RESULT_BYTES = 64 * 1024 * 1024;
const shared = {
  "grpc.keepalive_time_ms": 15_000,
  "grpc.keepalive_timeout_ms": 5_000,
};

/** Options of a daemon's server. */
export const evaluatorServerOptions: ServerOptions = {
  ...shared,
  "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
  "grpc.max_send_message_length": MAX_RESULT_BYTES,
  "grpc.max_concurrent_streams": 4096,
  // Megabytes that one connection may hold.
  "grpc-node.max_session_memory": 32,
};

/** Options of a client: one channel a daemon, back within a second of its return, no hidden retries. */
const evaluatorChannelOptions: ChannelOptions = {
  ...shared,
  "grpc.max_receive_message_length": MAX_RESULT_BYTES,
  "grpc.max_send_message_length": MAX_REQUEST_BYTES,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.client_idle_timeout_ms": 24 * 3600 * 1000,
  "grpc.dns_min_time_between_resolutions_ms": 1_000,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  "grpc.enable_retries": 0,
  "grpc.use_local_subchannel_pool": 1,
  // The cluster needs no proxy, and a token of it must not reach one.
  "grpc.enable_http_proxy": 0,
};

/** A client of the daemon at `address` (HOST:PORT). It connects at the first call; `close()` ends it. */
export function connectEvaluator(
  address: string,
  interceptors: readonly Interceptor[] = [],
  channel: ChannelCredentials = credentials.createInsecure(),
): EvaluatorClient {
  return new Evaluator(address, channel, { ...evaluatorChannelOptions, interceptors: [...interceptors] });
}
