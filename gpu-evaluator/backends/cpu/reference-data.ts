/**
 * Inputs and right answers of one kernel, made by its reference in a sandboxed process and kept as files that the
 * referee maps. Searches draw from a small pool of each workload, which is made once, because a double-precision answer
 * costs more than a candidate; finalists get fresh ones.
 */
import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Workload } from "@kevo/proto/kernel.ts";
import { type InputRemark, type InstalledKernel, inputRemark, type Job } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import type { KernelEntry } from "./kernel-entry.ts";
import { ReferencePrograms } from "./reference-programs.ts";
import { shapeFields } from "./shape-fields.ts";
import { POOL, UNSEEN, VERIFICATION_SEEDS } from "./timing-rules.ts";
import type { Toolchain } from "./toolchain.ts";

/** Files of one workload for one evaluation, each of another seed. */
export interface MeasurementData {
  readonly verification: readonly string[];
  /** First seen among the timed calls. */
  readonly unseen: readonly string[];
}

export class ReferenceData {
  readonly #folder: string;
  readonly #programs: ReferencePrograms;
  /** Makes the seeds unknown to candidates. */
  readonly #secret: string;
  readonly #files = new Map<string, Promise<string>>();

  constructor(
    toolchain: Toolchain,
    kernel: InstalledKernel,
    entry: KernelEntry,
    folder: string,
    secret: string,
    signal: AbortSignal,
  ) {
    this.#folder = join(folder, "data");
    this.#programs = new ReferencePrograms(toolchain, kernel, entry, join(folder, "reference"), signal);
    this.#secret = secret;
  }

  /** The program that makes inputs for the referee. HostFault when the kernel's reference does not compile. */
  inputsProgram(): Promise<string> {
    return this.#programs.inputs();
  }

  /** Made where missing. HostFault when the kernel's reference does not compile or fails. */
  async of(job: Pick<Job, "inputSeed" | "purpose">, workload: Workload): Promise<MeasurementData> {
    const files: string[] = [];
    // One after the other: the compile pool decides how many cores work for this daemon.
    for (const seed of this.#seeds(job, workload)) files.push(await this.#file(workload, seed));
    return { verification: files.slice(0, VERIFICATION_SEEDS), unseen: files.slice(VERIFICATION_SEEDS) };
  }

  /** The answer to the inputs of one seed, for once. HostFault when the reference fails. */
  async answer(workload: Workload, seed: string): Promise<string> {
    const path = this.#path(workload, `once-${seed}`);
    await this.#make(workload, seed, path);
    return path;
  }

  /** HostFault when the reference fails. */
  async inputRemarks(workload: Workload): Promise<InputRemark[]> {
    await mkdir(this.#folder, { recursive: true });
    const told = await this.#programs.remarks(this.#folder, ["1", ...shapeFields(workload)]);
    return told
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [remark, input] = line.split(" ");
        return { remark: inputRemark.parse(remark), input: Number(input) };
      });
  }

  /** Removes what only this finalist used. @returns the files' paths. */
  async discard(job: Pick<Job, "inputSeed" | "purpose">, workloads: readonly Workload[]): Promise<string[]> {
    if (job.purpose !== "finalist") return [];
    const discarded: string[] = [];
    for (const workload of workloads)
      for (const seed of this.#seeds(job, workload)) {
        const path = this.#path(workload, seed);
        if (!this.#files.delete(path)) continue;
        await rm(path, { force: true });
        discarded.push(path);
      }
    return discarded;
  }

  #seeds({ purpose, inputSeed }: Pick<Job, "inputSeed" | "purpose">, { name }: Workload): string[] {
    return Array.from({ length: VERIFICATION_SEEDS + UNSEEN }, (_, n) =>
      purpose === "finalist"
        ? seedOf(this.#secret, "finalist", inputSeed, name, n)
        : seedOf(this.#secret, "pool", name, (inputSeed + n) % POOL),
    );
  }

  #path(workload: Workload, seed: string): string {
    return join(this.#folder, `${workload.name.replaceAll("/", "_")}-${seed}.data`);
  }

  #file(workload: Workload, seed: string): Promise<string> {
    const path = this.#path(workload, seed);
    let file = this.#files.get(path);
    if (file === undefined) {
      file = this.#make(workload, seed, path).then(() => path);
      this.#files.set(path, file);
      // A full disk or an ended process may pass; let the next evaluation try again.
      file.catch(() => this.#files.delete(path));
    }
    return file;
  }

  async #make(workload: Workload, seed: string, path: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    try {
      await this.#programs.run(path, this.#folder, [seed, ...shapeFields(workload)]);
    } catch (error) {
      await rm(path, { force: true });
      if (!(error instanceof HostFault)) throw error;
      throw new HostFault("reference_failed", `workload ${workload.name}: ${error.message}`);
    }
  }
}

/** 48 bits of a hash, as decimal digits. */
function seedOf(...parts: (string | number)[]): string {
  const digest = createHash("sha256").update(parts.join("\n")).digest();
  return String(digest.readUIntBE(0, 6));
}
