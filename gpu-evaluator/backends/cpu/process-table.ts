/** Numbers the referee's processes, and gives each the same limits. */
import { mkdir } from "node:fs/promises";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Referee } from "./referee.ts";

/** As MAX_PROCESSES of `native/referee.c`. */
const PLACES = 256;

export class ProcessTable {
  readonly referee: Referee;
  readonly #cores: number;
  readonly #memoryBytes: number;
  readonly #used = new Set<number>();

  constructor(referee: Referee, cores: number, memoryBytes: number) {
    this.referee = referee;
    this.#cores = cores;
    this.#memoryBytes = memoryBytes;
  }

  /** Starts an executable, stopped and without arrays, in a folder of its own. @returns its number. */
  async spawn(executable: string, folder: string): Promise<number> {
    let id = 0;
    while (this.#used.has(id)) id++;
    if (id >= PLACES)
      throw new UserError(
        `this evaluator already has ${PLACES} processes of baselines and candidates; restart it to free them`,
      );
    await mkdir(folder, { recursive: true });
    this.#used.add(id);
    try {
      await this.referee.spawn(id, executable, folder, this.#cores, this.#memoryBytes);
    } catch (error) {
      await this.end(id);
      throw error;
    }
    return id;
  }

  async end(id: number): Promise<void> {
    await this.referee.end(id);
    this.#used.delete(id);
  }
}
