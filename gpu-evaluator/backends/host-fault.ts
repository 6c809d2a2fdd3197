/** A fault of the host or the kernel, not of a candidate: no other attempt here ends better, which stops the run. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { EvaluatorFault } from "@kevo/proto/evaluator-fault.ts";

type HostFaultCode = Extract<EvaluatorFault, "baseline_failed" | "reference_failed" | "disk_full">;

export class HostFault extends UserError {
  readonly fault: HostFaultCode;

  constructor(fault: HostFaultCode, message: string) {
    super(message);
    this.fault = fault;
  }
}
