/** The kernels that this daemon can evaluate, opened once for all evaluations of them. */
import { openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Workload } from "@kevo/proto/kernel.ts";
import type { InstalledKernel } from "../backends/backend.ts";

/** Where kernels come from: disk, an object store, a recording. */
export interface KernelStore {
  /** @throws KernelUnavailable when it cannot be had from here. */
  get(hash: string): Promise<InstalledKernel>;
}

export class KernelUnavailable extends Error {
  override readonly name = "KernelUnavailable";
}

export interface Kernel {
  readonly installed: InstalledKernel;
  readonly space: SearchSpace;
  readonly workloads: ReadonlyMap<string, Workload>;
}

export class KernelCatalog {
  readonly #store: KernelStore;
  readonly #opened = new Map<string, Kernel>();
  readonly #fetching = new Map<string, Promise<Kernel>>();

  constructor(store: KernelStore) {
    this.#store = store;
  }

  known(hash: string): Kernel | null {
    return this.#opened.get(hash) ?? null;
  }

  /** Callers that want the same kernel at the same time share one fetch; after a failure the next call fetches again. */
  fetch(hash: string): Promise<Kernel> {
    let fetching = this.#fetching.get(hash);
    if (fetching === undefined) {
      fetching = this.#open(hash).finally(() => this.#fetching.delete(hash));
      this.#fetching.set(hash, fetching);
    }
    return fetching;
  }

  async #open(hash: string): Promise<Kernel> {
    const installed = await this.#store.get(hash);
    const { definition } = installed;
    const kernel: Kernel = {
      installed,
      space: openSpace(definition),
      workloads: new Map(definition.workloads.map((workload) => [workload.name, workload])),
    };
    this.#opened.set(hash, kernel);
    return kernel;
  }
}
