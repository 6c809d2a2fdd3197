/** An evaluation that is not taken, with the gRPC status that says why. It never reached a device. */
import type { status } from "@grpc/grpc-js";

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}
