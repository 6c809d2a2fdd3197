/** One evaluator daemon as the coordinator sees it: describes it, sends attempts, and says how each ended. */
import { randomBytes } from "node:crypto";
import { type ClientReadableStream, type ClientUnaryCall, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { type EvaluatorAccess, openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import { type Carrier, TRACEPARENT } from "@kevo/core/telemetry/channel.ts";
import type { StageName } from "@kevo/proto/attempt.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import { type EvaluatorFault, faultIn } from "@kevo/proto/evaluator-fault.ts";
import type {
  Description,
  EvaluateEvent__Output,
  EvaluateRequest,
  EvaluatorClient,
  Result__Output,
} from "@kevo/proto/evaluator-service.ts";
import type { FindAccess } from "../identity/find-evaluator-access.ts";

/** How the call of an attempt ended. `stage` is the last one that was heard of. */
export type CallEnd =
  | { readonly kind: "result"; readonly stage: StageName | null; readonly result: Result__Output }
  /** No credit is free, it drains, or its devices are quarantined. What has begun is handed back. */
  | { readonly kind: "refused"; readonly why: string; readonly fault: EvaluatorFault | null }
  /** Its machine does too much else to be measured on now. */
  | { readonly kind: "busy"; readonly why: string }
  /** The daemon does not take such a request; another attempt would end the same way. */
  | { readonly kind: "rejected"; readonly why: string }
  /** The daemon cannot run this kernel at all. */
  | { readonly kind: "unusable"; readonly fault: EvaluatorFault | null; readonly why: string }
  /** The daemon or the connection went away. `alive`: the daemon is there; it failed at this request, or hangs in it. */
  | { readonly kind: "lost"; readonly stage: StageName | null; readonly why: string; readonly alive: boolean }
  | { readonly kind: "cancelled" };

const BACKSTOP_MS = 15 * 60_000;
/** A user's function takes what it takes: training a network, for one. */
const OBJECTIVE_BACKSTOP_MS = 8 * 24 * 3600_000;

/** The daemon limits each stage itself; this only ends a call whose daemon hangs. */
export function backstopMs(backend: BackendName): number {
  return backend === "objective" ? OBJECTIVE_BACKSTOP_MS : BACKSTOP_MS;
}
const DESCRIBE_TIMEOUT_MS = 2_000;
const WITHDRAWN = "its invitation was withdrawn";

export class EvaluatorLink {
  readonly address: string;
  readonly #find: () => EvaluatorAccess | null;
  readonly #nobody: EvaluatorAccess = { secret: randomBytes(32).toString("hex") };
  #access: EvaluatorAccess | null = null;
  #client: EvaluatorClient | null = null;
  /** Told when an attempt was lost with the daemon or the connection. */
  onLost: () => void = () => {};
  readonly #calls = new Set<ClientReadableStream<EvaluateEvent__Output>>();

  /** @param find the secret shared with the evaluator at this address, looked up again before each description */
  constructor(address: string, find: FindAccess) {
    this.address = address;
    this.#find = () => find(address);
  }

  /**
   * @param run whose share of the credits is asked for
   * @throws gRPC's ServiceError when the daemon does not answer.
   */
  describe(run: string): Promise<Description> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + DESCRIBE_TIMEOUT_MS;
      const call = this.#open().describe({ run }, { deadline }, (error, reply) => {
        if (error) reject(error);
        else if (reply === undefined) reject(new Error("empty reply"));
        else if (this.#isWithdrawn(call)) {
          // It may have another invitation by now, which a new connection shows.
          this.#access = null;
          reject(new Error(WITHDRAWN));
        } else resolve(reply);
      });
    });
  }

  /** One attempt. Never throws. */
  evaluate(
    request: EvaluateRequest,
    onStage: (stage: StageName) => void,
    limitMs: number,
    { traceparent }: Carrier = {},
  ): Promise<CallEnd> {
    return new Promise((resolve) => {
      const metadata = new Metadata();
      if (traceparent !== undefined) metadata.set(TRACEPARENT, traceparent);
      const call = (this.#client ?? this.#open()).evaluate(request, metadata, { deadline: Date.now() + limitMs });
      this.#calls.add(call);
      let stage: StageName | null = null;
      let result: Result__Output | null = null;
      const end = (how: CallEnd) => {
        this.#calls.delete(call);
        if (how.kind === "lost" && !how.alive) this.onLost();
        resolve(how);
      };
      call.on("data", (event: EvaluateEvent__Output) => {
        if (event.event === "stage") {
          stage = event.stage ?? null;
          if (stage !== null) onStage(stage);
        } else if (event.result) {
          // Its next description tells whether it has another invitation.
          if (this.#isWithdrawn(call)) return end({ kind: "refused", why: WITHDRAWN, fault: null });
          result = event.result;
          end({ kind: "result", stage, result });
        }
      });
      call.on("error", (error: ServiceError) => {
        if (result === null) end(endOfError(error, stage));
      });
      call.on("end", () => {
        if (result === null) end({ kind: "lost", stage, why: "the stream ended without a result", alive: true });
      });
    });
  }

  /** A connection outlives the invitation with which it was made. */
  #isWithdrawn(call: Pick<ClientUnaryCall, "getAuthContext">): boolean {
    const access = this.#access;
    if (access === null || !("tls" in access)) return false;
    const serial = call.getAuthContext()?.sslPeerCertificate?.serialNumber;
    return serial === undefined || !access.tls.accepts(serial);
  }

  /** Cancels the calls in progress. */
  cancelAll(): void {
    for (const call of this.#calls) call.cancel();
  }

  close(): void {
    this.cancelAll();
    this.#client?.close();
  }

  /**
   * A restarted evaluator has another secret. Without a known secret a random one is used: the answer can then not be
   * trusted, but it explains what is wrong.
   */
  #open(): EvaluatorClient {
    const access = this.#find() ?? this.#nobody;
    if (this.#client !== null && isSame(access, this.#access)) return this.#client;
    this.#client?.close();
    this.#access = access;
    this.#client = openEvaluatorClient(this.address, access);
    return this.#client;
  }
}

function isSame(a: EvaluatorAccess, b: EvaluatorAccess | null): boolean {
  if (b === null) return false;
  if ("secret" in a) return "secret" in b && a.secret === b.secret;
  return "tls" in b && a.tls.cert === b.tls.cert && a.tls.ca === b.tls.ca;
}

function endOfError(error: ServiceError, stage: StageName | null): CallEnd {
  const why = error.details || error.message;
  const fault = faultIn(error.metadata);
  switch (error.code) {
    case status.RESOURCE_EXHAUSTED:
      return fault === "machine_busy" ? { kind: "busy", why } : { kind: "refused", why, fault };
    case status.UNAVAILABLE:
      // gRPC itself says the same of an evaluator that does not answer.
      return fault === "draining" || fault === "quarantined"
        ? { kind: "refused", why, fault }
        : { kind: "lost", stage, why, alive: false };
    case status.INVALID_ARGUMENT:
      return { kind: "rejected", why };
    case status.FAILED_PRECONDITION:
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
    case status.UNIMPLEMENTED:
      return { kind: "unusable", fault, why };
    case status.CANCELLED:
      return { kind: "cancelled" };
    default:
      return { kind: "lost", stage, why, alive: fault !== null || error.code === status.DEADLINE_EXCEEDED };
  }
}
