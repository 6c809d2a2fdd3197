/** Validates a caller's request before anything is done with it. */

import { UserError } from "@kevo/core/errors/user-error.ts";
import { beyondCapability } from "@kevo/core/search-space/capability.ts";
import type { EvaluateRequest__Output } from "@kevo/proto/evaluator-service.ts";
import { candidateId } from "@kevo/proto/log.ts";
import { EFFORTS } from "@kevo/proto/run.ts";
import { type Config, config } from "@kevo/proto/search-space.ts";
import { z } from "zod";
import type { Job } from "../backends/backend.ts";
import { type Kernel, type KernelCatalog, KernelUnavailable } from "./kernel-catalog.ts";
import { Refusal } from "./refusal.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 hash in lower-case hexadecimal");

const requestSchema = z.object({
  candidate: candidateId,
  attempt: z.int().nonnegative(),
  kernel: sha256,
  configJson: z.string().max(65_536),
  source: z.union([z.literal(""), sha256]),
  workloads: z.array(z.string()).min(1, "must name at least one workload"),
  effort: z.enum(EFFORTS),
  purpose: z.enum(["SEARCH", "FINALIST"]),
  inputSeed: z.int().nonnegative(),
  deviceModel: z.string().max(200),
  // A coordinator of before the optional field says 0 where nothing is known.
  bestSpeedup: z.number().nonnegative().optional(),
  neverStopEarly: z.boolean(),
});

export interface CheckedRequest {
  readonly job: Job;
  /** SHA-256 of the evolved source that takes the place of the kernel's own; null for that one. */
  readonly source: string | null;
  /** Empty for any. */
  readonly deviceModel: string;
  /** Why the configuration breaks the kernel's constraints; null when it is valid. */
  readonly invalid: string | null;
}

/**
 * Checks form first, then fetches the kernel (immediately where it is known), then checks against it.
 * @param capability that every device here has at least; null for devices without one
 * @throws Refusal
 */
export function checkRequest(
  message: EvaluateRequest__Output,
  kernels: KernelCatalog,
  capability: string | null,
): CheckedRequest | Promise<CheckedRequest> {
  const parsed = requestSchema.safeParse(message);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(`${issue?.path.join(".")}: ${issue?.message}`);
  }
  const request = parsed.data;
  const parameters = parseConfig(request.configJson);
  const known = kernels.known(request.kernel);
  return known === null
    ? kernels.fetch(request.kernel).then((kernel) => checkAgainst(kernel, request, parameters, capability), unavailable)
    : checkAgainst(known, request, parameters, capability);
}

function parseConfig(json: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw malformed(`config_json is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const parsed = config.safeParse(value);
  if (!parsed.success) throw malformed(`config_json is not a configuration: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

function checkAgainst(
  kernel: Kernel,
  request: z.infer<typeof requestSchema>,
  config: Config,
  capability: string | null,
): CheckedRequest {
  const workloads = request.workloads.map((name) => {
    const workload = kernel.workloads.get(name);
    if (workload !== undefined) return workload;
    const names = [...kernel.workloads.keys()].join(", ");
    throw malformed(
      `workloads: ${kernel.installed.definition.id} has no workload ${JSON.stringify(name)}; it has ${names}`,
    );
  });
  let genes: readonly number[];
  try {
    genes = kernel.space.encode(config);
  } catch (error) {
    if (error instanceof UserError) throw malformed(`config_json: ${error.message}`);
    throw error;
  }
  return {
    deviceModel: request.deviceModel,
    source: request.source === "" ? null : request.source,
    invalid: kernel.space.isValid(genes)
      ? beyondCapability(kernel.installed.definition, config, capability)
      : `the configuration violates a constraint of ${kernel.installed.definition.id}`,
    job: {
      candidate: request.candidate,
      kernel: kernel.installed,
      config,
      workloads,
      effort: request.effort,
      purpose: request.purpose === "FINALIST" ? "finalist" : "search",
      inputSeed: request.inputSeed,
      bestSpeedup: request.bestSpeedup || null,
      neverStopEarly: request.neverStopEarly,
    },
  };
}

function malformed(what: string): Refusal {
  return new Refusal("malformed_request", what);
}

/** Another attempt here would end the same way. */
export function unavailable(error: unknown): never {
  if (error instanceof KernelUnavailable) throw new Refusal("kernel_unavailable", error.message);
  throw error;
}
