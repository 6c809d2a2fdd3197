/** A fault of the host or the kernel, not of a candidate: no other attempt here ends better, which stops the run. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { EvaluatorFault } from "@kevo/proto/evaluator-fault.ts";

export class HostFault extends UserError {
  readonly fault: EvaluatorFault;

  constructor(fault: "baseline_failed" | "reference_failed" | "disk_full", message: string) {
    super(message);
    this.fault = fault;
  }
}
