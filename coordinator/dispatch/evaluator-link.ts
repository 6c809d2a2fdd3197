/** One evaluator daemon as the coordinator sees it: describes it, sends attempts, and says how each ended. */
import { type ClientReadableStream, type ServiceError, status } from "@grpc/grpc-js";
import type { StageName } from "@kevo/proto/attempt.ts";
import { type EvaluatorFault, faultIn } from "@kevo/proto/evaluator-fault.ts";
import {
  connectEvaluator,
  type Description,
  type EvaluateEvent__Output,
  type EvaluateRequest,
  type EvaluatorClient,
  evaluatorMetadata,
  type Result__Output,
} from "@kevo/proto/evaluator-service.ts";

/** How the call of an attempt ended. `stage` is the last one that was heard of. */
export type CallEnd =
  | { readonly kind: "result"; readonly stage: StageName | null; readonly result: Result__Output }
  /** No credit free, or draining: nothing was started. */
  | { readonly kind: "refused"; readonly why: string }
  /** The daemon does not take such a request; another attempt would end the same way. */
  | { readonly kind: "rejected"; readonly why: string }
  /** The daemon cannot run this kernel at all. */
  | { readonly kind: "unusable"; readonly fault: EvaluatorFault | null; readonly why: string }
  /** The daemon or the connection went away, or the backstop deadline passed. */
  | { readonly kind: "lost"; readonly stage: StageName | null; readonly why: string }
  | { readonly kind: "cancelled" };

/** The daemon limits each stage itself; this only ends a call whose daemon hangs. */
const BACKSTOP_MS = 15 * 60_000;
const DESCRIBE_TIMEOUT_MS = 2_000;

export class EvaluatorLink {
  readonly address: string;
  readonly #client: EvaluatorClient;
  readonly #token: string | undefined;
  readonly #calls = new Set<ClientReadableStream<EvaluateEvent__Output>>();

  constructor(address: string, token: string | undefined) {
    this.address = address;
    this.#token = token;
    this.#client = connectEvaluator(address);
  }

  /**
   * @param run whose share of the credits is asked for
   * @throws gRPC's ServiceError when the daemon does not answer.
   */
  describe(run: string): Promise<Description> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + DESCRIBE_TIMEOUT_MS;
      this.#client.describe({ run }, evaluatorMetadata(this.#token), { deadline }, (error, reply) => {
        if (error) reject(error);
        else if (reply === undefined) reject(new Error("empty reply"));
        else resolve(reply);
      });
    });
  }

  /** One attempt. Never throws. */
  evaluate(request: EvaluateRequest, onStage: (stage: StageName) => void): Promise<CallEnd> {
    return new Promise((resolve) => {
      const call = this.#client.evaluate(request, evaluatorMetadata(this.#token), {
        deadline: Date.now() + BACKSTOP_MS,
      });
      this.#calls.add(call);
      let stage: StageName | null = null;
      let result: Result__Output | null = null;
      const end = (how: CallEnd) => {
        this.#calls.delete(call);
        resolve(how);
      };
      call.on("data", (event: EvaluateEvent__Output) => {
        if (event.event === "stage") {
          stage = event.stage ?? null;
          if (stage !== null) onStage(stage);
        } else if (event.result) {
          result = event.result;
          end({ kind: "result", stage, result });
        }
      });
      call.on("error", (error: ServiceError) => {
        if (result === null) end(endOfError(error, stage));
      });
      call.on("end", () => {
        if (result === null) end({ kind: "lost", stage, why: "the stream ended without a result" });
      });
    });
  }

  /** Cancels what is under way. */
  cancelAll(): void {
    for (const call of this.#calls) call.cancel();
  }

  close(): void {
    this.cancelAll();
    this.#client.close();
  }
}

function endOfError(error: ServiceError, stage: StageName | null): CallEnd {
  const why = error.details || error.message;
  switch (error.code) {
    case status.RESOURCE_EXHAUSTED:
      return { kind: "refused", why };
    case status.INVALID_ARGUMENT:
      return { kind: "rejected", why };
    case status.FAILED_PRECONDITION:
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
    case status.UNIMPLEMENTED:
      return { kind: "unusable", fault: faultIn(error.metadata), why };
    case status.CANCELLED:
      return { kind: "cancelled" };
    default:
      return { kind: "lost", stage, why };
  }
}
