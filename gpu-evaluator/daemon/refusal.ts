/** An evaluation without a result: what was wrong, with the gRPC status that says whether another attempt helps. */
import { status } from "@grpc/grpc-js";
import { type EvaluatorFault, faultMetadata } from "@kevo/proto/evaluator-fault.ts";

const STATUS: Readonly<Record<EvaluatorFault, status>> = {
  no_credit: status.RESOURCE_EXHAUSTED,
  draining: status.UNAVAILABLE,
  quarantined: status.UNAVAILABLE,
  no_such_device: status.FAILED_PRECONDITION,
  unauthenticated: status.UNAUTHENTICATED,
  // As where nobody answers: the candidate goes to another evaluator, and to this one again once it does.
  clocks_differ: status.UNAVAILABLE,
  malformed_request: status.INVALID_ARGUMENT,
  wrong_backend: status.FAILED_PRECONDITION,
  kernel_unavailable: status.FAILED_PRECONDITION,
  baseline_failed: status.FAILED_PRECONDITION,
  reference_failed: status.FAILED_PRECONDITION,
  disk_full: status.FAILED_PRECONDITION,
  machine_busy: status.RESOURCE_EXHAUSTED,
  host_unfit: status.FAILED_PRECONDITION,
  evaluator_failed: status.INTERNAL,
  cancelled: status.CANCELLED,
};

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly fault: EvaluatorFault;

  constructor(fault: EvaluatorFault, message: string) {
    super(message);
    this.fault = fault;
  }

  /** As gRPC ends a call with it. */
  get error() {
    return { code: STATUS[this.fault], details: this.message, metadata: faultMetadata(this.fault) };
  }
}
