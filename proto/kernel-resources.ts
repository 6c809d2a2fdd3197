/** What a compiled kernel takes of a GPU, as its compiler says. */
import { z } from "zod";

const amount = z.int().nonnegative();

export const kernelResources = z.object({
  /** Of the kernel in the source; one that is compiled for several workloads can stand more than once. */
  name: z.string().max(200),
  /** 32-bit registers of each thread. */
  registers: amount,
  /** Bytes of each thread that found no register and lie in memory. */
  spill_bytes: amount,
  /** Shared memory of each block, bytes. */
  shared_bytes: amount,
  /** Warps of each block. */
  warps: amount,
  /** In the machine code, by kind, and `total`; absent where it cannot be read, and in what older versions stored. */
  instructions: z.record(z.string().max(40), amount).optional(),
});
export type KernelResources = z.infer<typeof kernelResources>;

/** More kernels than a candidate has any use for: its variants for each workload. */
const MAX_KERNELS = 200;
export const resourcesOfCandidate = z.array(kernelResources).max(MAX_KERNELS);
