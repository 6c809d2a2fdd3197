/**
 * Inputs and right answers of one kernel, made by its trusted reference in a process of its own and kept as files
 * that the referee maps. Searches draw from a small pool of each workload, which is made once, because a
 * double-precision answer costs more than a candidate; finalists get fresh ones.
 */

import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Workload } from "@kevo/proto/kernel.ts";
import type { InstalledKernel, Job } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import { runCommand } from "./command.ts";
import { errorsOf, runCompiler } from "./compile.ts";
import { POOL, VERIFICATION_SEEDS } from "./timing-rules.ts";
import { firstLines, NATIVE, type Toolchain } from "./toolchain.ts";

/** Longest making of one file of data, milliseconds. */
const REFERENCE_LIMIT_MS = 120_000;

/** Files of one workload for one evaluation, each of another seed: those verified, and one first seen after timing. */
export interface TrialData {
  readonly verification: readonly string[];
  readonly unseen: string;
}

export class ReferenceData {
  readonly #toolchain: Toolchain;
  readonly #kernel: InstalledKernel;
  readonly #folder: string;
  /** Makes the pool's seeds unknown to candidates. */
  readonly #secret: string;
  readonly #signal: AbortSignal;
  #program: Promise<string> | null = null;
  readonly #files = new Map<string, Promise<string>>();

  constructor(toolchain: Toolchain, kernel: InstalledKernel, folder: string, secret: string, signal: AbortSignal) {
    this.#toolchain = toolchain;
    this.#kernel = kernel;
    this.#folder = folder;
    this.#secret = secret;
    this.#signal = signal;
  }

  /** Made where missing. HostFault when the kernel's reference does not compile or fails. */
  async of(job: Pick<Job, "inputSeed" | "purpose">, workload: Workload): Promise<TrialData> {
    const seeds = Array.from({ length: VERIFICATION_SEEDS + 1 }, (_, n) =>
      job.purpose === "finalist"
        ? seedOf("finalist", job.inputSeed, workload.name, n)
        : seedOf(this.#secret, "pool", workload.name, (job.inputSeed + n) % POOL),
    );
    const files: string[] = [];
    // One after the other: the compile pool decides how many cores work for this daemon.
    for (const seed of seeds) files.push(await this.#file(workload, seed));
    return { verification: files.slice(0, VERIFICATION_SEEDS), unseen: files[VERIFICATION_SEEDS] as string };
  }

  /** Removes what only this finalist used. @returns the files' paths. */
  async discard(job: Pick<Job, "inputSeed" | "purpose">, workloads: readonly Workload[]): Promise<string[]> {
    if (job.purpose !== "finalist") return [];
    const discarded: string[] = [];
    for (const workload of workloads)
      for (let n = 0; n <= VERIFICATION_SEEDS; n++) {
        const path = this.#path(workload, seedOf("finalist", job.inputSeed, workload.name, n));
        if (!this.#files.delete(path)) continue;
        await rm(path, { force: true });
        discarded.push(path);
      }
    return discarded;
  }

  #path(workload: Workload, seed: string): string {
    return join(this.#folder, `${workload.name.replaceAll("/", "_")}-${seed}.data`);
  }

  #file(workload: Workload, seed: string): Promise<string> {
    const path = this.#path(workload, seed);
    let file = this.#files.get(path);
    if (file === undefined) {
      file = this.#make(workload, seed, path);
      this.#files.set(path, file);
      // A full disk or an ended process may pass; let the next evaluation try again.
      file.catch(() => this.#files.delete(path));
    }
    return file;
  }

  async #make(workload: Workload, seed: string, path: string): Promise<string> {
    this.#program ??= this.#compile();
    this.#program.catch(() => {
      this.#program = null;
    });
    const program = await this.#program;
    const shape = Object.entries(workload.shape).map(([name, value]) => `${name}=${value}`);
    const result = await runCommand(program, [path, seed, ...shape], {
      cwd: this.#folder,
      timeoutMs: REFERENCE_LIMIT_MS,
      signal: this.#signal,
    });
    if (result.code === 0) return path;
    await rm(path, { force: true });
    const { id, reference } = this.#kernel.definition;
    const why = result.timedOut ? `it took longer than ${REFERENCE_LIMIT_MS / 1000} s` : firstLines(result.stderr, 3);
    throw new HostFault(
      "reference_failed",
      `${reference} of kernel ${id} failed on workload ${workload.name}: ${why || `exit code ${result.code}`}`,
    );
  }

  async #compile(): Promise<string> {
    const { definition, folder } = this.#kernel;
    await mkdir(this.#folder, { recursive: true });
    const program = join(this.#folder, "reference");
    const source = join(folder, definition.reference as string);
    const result = await runCompiler(
      this.#toolchain,
      ["-std=gnu17", "-w", "-O3", ...this.#toolchain.native, "-I", NATIVE, "-I", folder, source].concat([
        this.#toolchain.referenceMain,
        "-lm",
        "-o",
        program,
      ]),
      { cwd: this.#folder, signal: this.#signal, kernel: folder },
    );
    if (result.code === 0) return program;
    throw new HostFault(
      "reference_failed",
      `${definition.reference} of kernel ${definition.id} does not compile: ${errorsOf(result.stderr, folder)}`,
    );
  }
}

/** 53 bits of a hash, as decimal digits. */
function seedOf(...parts: (string | number)[]): string {
  const digest = createHash("sha256").update(parts.join("\n")).digest();
  return String(digest.readUIntBE(0, 6));
}
