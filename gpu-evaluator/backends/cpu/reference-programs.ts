/**
 * The two programs that a kernel's reference.c is linked into: one writes a file of inputs and their right answer, the
 * other makes inputs for the referee. Both are compiled and run in the sandbox: the trust in a reference's answers does
 * not extend to this machine.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { languageOf } from "@kevo/core/kernel/names.ts";
import { type CommandResult, runCommand } from "@kevo/core/process/command.ts";
import { describeEnd } from "@kevo/core/process/ended.ts";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import type { InstalledKernel } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import type { KernelEntry } from "./kernel-entry.ts";
import { errorsOf, runCompiler, standardOf } from "./run-compiler.ts";
import { firstLines, NATIVE, type Toolchain } from "./toolchain.ts";

/** Longest making of one file of data, milliseconds. */
export const REFERENCE_LIMIT_MS = 120_000;
const REFERENCE_BYTES = 64 * 1024 ** 3;
const REFERENCE_TASKS = 1024;

function howItEnded({ code, signal, timedOut }: CommandResult): string {
  if (timedOut) return `it took longer than ${REFERENCE_LIMIT_MS / 1000} s`;
  return `it ${describeEnd({ code, signal })}`;
}

export class ReferencePrograms {
  readonly #toolchain: Toolchain;
  readonly #kernel: InstalledKernel;
  readonly #entry: KernelEntry;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #compiled = new Map<string, Promise<string>>();

  constructor(toolchain: Toolchain, kernel: InstalledKernel, entry: KernelEntry, folder: string, signal: AbortSignal) {
    this.#toolchain = toolchain;
    this.#kernel = kernel;
    this.#entry = entry;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** HostFault when the reference does not compile. */
  inputs(): Promise<string> {
    return this.#program("inputs", this.#toolchain.inputsMain);
  }

  /**
   * Writes `path`, which lies in `folder`, the only one that the program may write into.
   * HostFault when the reference does not compile or fails.
   */
  async run(path: string, folder: string, args: readonly string[]): Promise<void> {
    await this.#run([path, ...args], folder);
  }

  /** @returns what it wrote to standard output. HostFault as `run`. */
  async remarks(folder: string, args: readonly string[]): Promise<string> {
    return await this.#run(["--remarks", ...args], folder);
  }

  async #run(args: readonly string[], folder: string): Promise<string> {
    const program = await this.#program("reference", [this.#toolchain.referenceMain]);
    const { sandbox, readable } = this.#toolchain;
    const command = sandbox.wrap([program, ...args], {
      read: [...readable, this.#folder],
      write: [folder],
      toolCalls: true,
      memoryBytes: REFERENCE_BYTES,
      fileBytes: REFERENCE_BYTES,
      tasks: REFERENCE_TASKS,
    });
    const options = { cwd: folder, env: bareEnvironment(), timeoutMs: REFERENCE_LIMIT_MS, signal: this.#signal };
    const result = await runCommand(command, options);
    if (result.code === 0) return result.stdout;
    const { id, reference } = this.#kernel.definition;
    const said = firstLines(result.stderr, 3);
    throw new HostFault(
      "reference_failed",
      `${reference} of kernel ${id} failed: ${howItEnded(result)}${said === "" ? "" : `: ${said}`}`,
    );
  }

  #program(name: string, main: readonly string[]): Promise<string> {
    let program = this.#compiled.get(name);
    if (program === undefined) {
      program = this.#compile(name, main);
      this.#compiled.set(name, program);
      program.catch(() => this.#compiled.delete(name));
    }
    return program;
  }

  async #compile(name: string, main: readonly string[]): Promise<string> {
    const { native, linkage } = this.#toolchain;
    const { definition, folder } = this.#kernel;
    await mkdir(this.#folder, { recursive: true });
    const program = join(this.#folder, name);
    const source = join(folder, definition.reference as string);
    const language = languageOf(source) ?? "C";
    const entry = await this.#entry.get();
    const result = await runCompiler(
      this.#toolchain,
      language,
      [
        ...[standardOf(language), "-w", "-O3", ...native, "-I", NATIVE, "-I", folder, ...entry.flags],
        ...[source, entry.reference, ...main, ...linkage, "-pthread", "-lm", "-o", program],
      ],
      { cwd: this.#folder, signal: this.#signal, read: [folder, ...entry.readable] },
    );
    if (result.code === 0) return program;
    throw new HostFault(
      "reference_failed",
      `${definition.reference} of kernel ${definition.id} does not compile: ${errorsOf(result, folder)}`,
    );
  }
}
