/** Numbers the referee's processes, and gives each the same limits. */
import { chmod, mkdir } from "node:fs/promises";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Referee } from "./referee.ts";
import { median } from "./statistics.ts";

/** As MAX_PROCESSES of `native/referee.h`. */
const PLACES = 256;

/**
 * A call of a kernel that does nothing, milliseconds: what the way to a process and back costs when nothing is in it.
 */
export interface EmptyCall {
  /** The least of many. */
  readonly ms: number;
  /** By how much half of them took longer. */
  readonly apart: number;
}

const EMPTY_CALLS = 100;
/** Beside other programs all of a few in a row can be slow ones; a hundred calls take some ten milliseconds. */
const EMPTY_TRIES = 20;
const EMPTY_LIMIT_MS = 10_000;

export class ProcessTable {
  readonly referee: Referee;
  readonly #cores: number;
  readonly #memoryBytes: number;
  readonly #used = new Set<number>();
  /** Where the last process of each number ran, also once it has ended: its standard error is there. */
  readonly #folders = new Map<number, string>();
  readonly #emptyKernel: string;
  readonly #folder: string;
  #empty: EmptyCall | null = null;

  /**
   * @param emptyKernel executable of the kernel that does nothing
   * @param folder where that runs
   */
  constructor(
    referee: Referee,
    {
      cores,
      memoryBytes,
      emptyKernel,
      folder,
    }: { cores: number; memoryBytes: number; emptyKernel: string; folder: string },
  ) {
    this.referee = referee;
    this.#cores = cores;
    this.#memoryBytes = memoryBytes;
    this.#emptyKernel = emptyKernel;
    this.#folder = folder;
  }

  /**
   * Measured once, and again where something was called in less: then the machine was busy that time.
   * @param callMs what was called in the least time, all of the way to the process included
   */
  async emptyCall(callMs: number): Promise<EmptyCall> {
    let least = this.#empty ?? (await this.#callEmptyKernel());
    for (let tries = 0; tries < EMPTY_TRIES && least.ms > callMs; tries++) {
      const again = await this.#callEmptyKernel();
      if (again.ms < least.ms) least = again;
    }
    this.#empty = least;
    return least;
  }

  async #callEmptyKernel(): Promise<EmptyCall> {
    const id = await this.spawn(this.#emptyKernel, this.#folder, null);
    const calls: { ms: number; waited: number }[] = [];
    for (let n = 0; n < EMPTY_CALLS; n++) {
      const [ns, , waited] = await this.referee.command("call", id, EMPTY_LIMIT_MS);
      calls.push({ ms: Number(ns) / 1e6, waited: Number(waited) / Number(ns) });
    }
    await this.end(id);
    // Those that waited least for a core: how long others kept it does not say how far two calls are apart.
    const calm = calls.sort((a, b) => a.waited - b.waited || a.ms - b.ms).slice(0, EMPTY_CALLS / 2);
    const times = calm.map(({ ms }) => ms);
    const ms = Math.min(...times);
    return { ms, apart: median(times) - ms };
  }

  /**
   * Starts an executable, stopped and without arrays, in a new folder.
   * @param source number of the process whose inputs it reads; null for one that makes inputs
   * @returns its number.
   */
  async spawn(executable: string, folder: string, source: number | null): Promise<number> {
    let id = 0;
    while (this.#used.has(id)) id++;
    if (id >= PLACES)
      throw new UserError(
        `this evaluator already has ${PLACES} processes of baselines and candidates; restart it to free them`,
      );
    await mkdir(folder, { recursive: true });
    // The sandboxed user writes its standard error there; no other user can enter the daemon's folder.
    await chmod(folder, 0o777);
    this.#used.add(id);
    this.#folders.set(id, folder);
    try {
      const limits = { cores: this.#cores, memoryBytes: this.#memoryBytes };
      await this.referee.spawn(id, { executable, folder, source, ...limits });
    } catch (error) {
      await this.end(id);
      throw error;
    }
    return id;
  }

  /** Where a process runs or ran; null for the referee. */
  folderOf(id: number | null): string | null {
    return id === null ? null : (this.#folders.get(id) ?? null);
  }

  async end(id: number): Promise<void> {
    await this.referee.end(id);
    this.#used.delete(id);
  }
}
