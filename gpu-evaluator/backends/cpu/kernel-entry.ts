/**
 * The compiled entry of one kernel: for kernels without `arguments` the evaluator's own, for all others made from
 * kernel.json, once.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { typedArguments } from "@kevo/core/kernel/arguments.ts";
import type { InstalledKernel } from "../backend.ts";
import { entryCode } from "./entry-code.ts";
import { errorsOf, runCompiler } from "./run-compiler.ts";
import { NATIVE, type Toolchain } from "./toolchain.ts";

export interface Entry {
  /** For compiling the kernel's source and its reference. */
  readonly flags: readonly string[];
  /** Linked with a candidate, and with a reference. */
  readonly kernel: string;
  readonly reference: string;
  /** What a compiler reads besides. */
  readonly readable: readonly string[];
}

export class KernelEntry {
  readonly #toolchain: Toolchain;
  readonly #kernel: InstalledKernel;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  #made: Promise<Entry> | null = null;

  constructor(toolchain: Toolchain, kernel: InstalledKernel, folder: string, signal: AbortSignal) {
    this.#toolchain = toolchain;
    this.#kernel = kernel;
    this.#folder = folder;
    this.#signal = signal;
  }

  get(): Promise<Entry> {
    this.#made ??= this.#make().catch((error) => {
      this.#made = null;
      throw error;
    });
    return this.#made;
  }

  async #make(): Promise<Entry> {
    const { definition } = this.#kernel;
    const typed = typedArguments(definition);
    if (typed === null) return { flags: [], readable: [], ...this.#toolchain.floatEntry };
    await mkdir(this.#folder, { recursive: true });
    for (const [name, text] of Object.entries(entryCode(definition, typed)))
      await writeFile(join(this.#folder, name), text);
    const flags = ["-DKEVO_ARGUMENTS", "-I", this.#folder];
    const compile = async (name: string) => {
      const object = join(this.#folder, `${name}.o`);
      const args = [
        "-std=gnu17",
        "-O2",
        "-w",
        "-I",
        NATIVE,
        ...flags,
        "-c",
        join(this.#folder, `${name}.c`),
        "-o",
        object,
      ];
      const read = [this.#folder];
      const result = await runCompiler(this.#toolchain, "C", args, { cwd: this.#folder, read, signal: this.#signal });
      if (result.code !== 0)
        throw new Error(`the entry of kernel ${definition.id} does not compile: ${errorsOf(result, this.#folder)}`);
      return object;
    };
    const [kernel, reference] = [await compile("entry"), await compile("reference-entry")];
    return { flags, kernel, reference, readable: [this.#folder] };
  }
}
