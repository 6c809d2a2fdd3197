/**
 * The reason why an evaluator made no result: a code for programs, in the trailing metadata of the failed call.
 * The gRPC status beside it says whether another attempt helps, and its details are for people.
 */
import { Metadata } from "@grpc/grpc-js";
import { z } from "zod";

const evaluatorFault = z.enum([
  /** All credits are taken. */
  "no_credit",
  "draining",
  /** Every device that fits has failed its probe. */
  "quarantined",
  "no_such_device",
  "unauthenticated",
  /** A caller with the right secret, whose time of day is another. Clocks are set while programs run, so it may pass. */
  "clocks_differ",
  "malformed_request",
  /** It runs another backend than the run needs. */
  "wrong_backend",
  /** Neither on its disk nor in the object store, or for another backend. */
  "kernel_unavailable",
  /** A baseline of the kernel does not compile, is wrong or breaks. */
  "baseline_failed",
  "reference_failed",
  "disk_full",
  /** The host does too much else for a measurement to say anything; later it may. */
  "machine_busy",
  /** This host cannot evaluate the kernel for another reason. */
  "host_unfit",
  /** The evaluator failed itself. */
  "evaluator_failed",
  /** The caller has disconnected. */
  "cancelled",
]);
export type EvaluatorFault = z.infer<typeof evaluatorFault>;

const FAULT_KEY = "kevo-fault";

export function faultMetadata(fault: EvaluatorFault): Metadata {
  const metadata = new Metadata();
  metadata.set(FAULT_KEY, fault);
  return metadata;
}

/** Null without a code: no daemon answered, or an earlier version did. */
export function faultIn(metadata: Metadata | undefined): EvaluatorFault | null {
  return evaluatorFault.safeParse(metadata?.get(FAULT_KEY)[0]).data ?? null;
}
