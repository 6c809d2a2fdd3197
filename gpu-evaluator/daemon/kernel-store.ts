/** Kernels by hash: those that came with this daemon, those fetched before, and the object store behind them. */
import { join } from "node:path";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { cacheRoot } from "@kevo/core/config/user-folders.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { installKernel } from "@kevo/core/kernel/install.ts";
import { listKernels, loadKernel } from "@kevo/core/kernel/load.ts";
import type { Logger } from "@kevo/core/logging/logger.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import type { InstalledKernel } from "../backends/backend.ts";
import { type KernelStore, KernelUnavailable } from "./kernel-catalog.ts";

export interface KernelStoreOptions {
  /** Kernels that came with this daemon. */
  readonly kernelsFolder: string;
  /** Where kernels are unpacked, each in a folder named by its hash. */
  readonly cacheFolder: string;
  readonly backend: BackendName;
  /** Null: nothing is fetched. */
  readonly bus: Pick<Bus, "getObject"> | null;
  readonly logger: Logger;
}

export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheRoot(environment), "kernels");
}

/** A kernel of this clone with a mistake in its definition is left out, and said so. */
export async function openKernelStore(options: KernelStoreOptions): Promise<KernelStore> {
  const { kernelsFolder, cacheFolder, backend, bus, logger } = options;
  const packages = new Map<string, Uint8Array>();
  for (const id of await listKernels(kernelsFolder)) {
    try {
      const { hash, bytes } = await loadKernel(id, kernelsFolder);
      packages.set(hash, bytes);
    } catch (error) {
      logger.warn({ kernel: id, error: String(error) }, "left out");
    }
  }

  const fromCache = async (hash: string): Promise<Uint8Array | null> => {
    // A changed or half-written folder has another hash, or is no kernel: then it is as if it were not there.
    const found = await loadKernel(join(cacheFolder, hash), kernelsFolder).catch(() => null);
    return found?.hash === hash ? found.bytes : null;
  };
  const fromBus = async (hash: string): Promise<Uint8Array> => {
    if (bus === null) {
      throw new KernelUnavailable(
        `kernel ${hash} is not on this evaluator's disk. Start the evaluator with --nats URL, so that it can fetch the kernel`,
      );
    }
    const bytes = await bus.getObject(hash).catch((error: Error) => {
      throw new KernelUnavailable(`cannot fetch kernel ${hash}: ${error.message}`);
    });
    if (bytes === null) throw new KernelUnavailable(`kernel ${hash} is neither on this evaluator's disk nor in NATS`);
    return bytes;
  };

  return {
    get: async (hash): Promise<InstalledKernel> => {
      const bytes = packages.get(hash) ?? (await fromCache(hash)) ?? (await fromBus(hash));
      let kernel: InstalledKernel;
      try {
        // Always compiled from the copy under its hash: the folder it came from may be edited meanwhile.
        kernel = await installKernel(bytes, hash, cacheFolder);
      } catch (error) {
        if (error instanceof UserError) throw new KernelUnavailable(error.message);
        throw error;
      }
      if (kernel.definition.backends.includes(backend)) return kernel;
      const { id, backends } = kernel.definition;
      throw new KernelUnavailable(`kernel ${id} is for ${backends.join(", ")}; this evaluator's backend is ${backend}`);
    },
  };
}
