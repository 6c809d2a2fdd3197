/** Why a call to an evaluator's address got no answer. The messages of gRPC itself are about its internals. */
import { status } from "@grpc/grpc-js";

interface Failure {
  readonly code?: number;
  readonly details?: string;
  readonly message?: string;
}

/** All of these are one status for gRPC, whose text alone tells them apart. */
const UNAVAILABLE: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, "connection refused: no server listens there"],
  [/EHOSTUNREACH|ENETUNREACH/, "the host cannot be reached"],
  [/Name resolution failed|ENOTFOUND|EAI_AGAIN/, "unknown host"],
  [/Protocol error/, "the server there is not a gpu-evaluator: it does not speak gRPC"],
];

export function whyNoAnswer({ code, details, message = "" }: Failure): string {
  const told = details || message;
  if (code === status.UNAVAILABLE) {
    // biome-ignore lint/plugin: gRPC has no code for it
    const known = UNAVAILABLE.find(([pattern]) => pattern.test(told));
    if (known !== undefined) return known[1];
  }
  if (code === status.UNIMPLEMENTED) return `the server there is not a gpu-evaluator: ${told}`;
  if (code === status.DEADLINE_EXCEEDED) return "no answer in time";
  return told;
}
