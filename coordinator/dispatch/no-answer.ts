/** Why a call to an evaluator's address got no answer. The messages of gRPC itself are about its internals. */
import { status } from "@grpc/grpc-js";

interface Failure {
  readonly code?: number;
  readonly details?: string;
  readonly message?: string;
}

export function whyNoAnswer({ code, details, message = "" }: Failure): string {
  const told = details || message;
  if (code === status.UNAVAILABLE) {
    if (told.includes("ECONNREFUSED")) return "connection refused: nothing listens there";
    if (/EHOSTUNREACH|ENETUNREACH/.test(told)) return "the host cannot be reached";
    if (/Name resolution failed|ENOTFOUND|EAI_AGAIN/.test(told)) return "unknown host";
    if (told.includes("Protocol error")) return "what listens there is no gpu-evaluator: it does not speak gRPC";
  }
  if (code === status.UNIMPLEMENTED) return `what listens there is no gpu-evaluator: ${told}`;
  if (code === status.DEADLINE_EXCEEDED) return "no answer in time";
  return told;
}
