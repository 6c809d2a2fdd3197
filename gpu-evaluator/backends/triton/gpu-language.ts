/** In which language the kernels of a GPU backend are written: which compile process they get, and what it is asked. */
import { join } from "node:path";
import type { Job } from "../backend.ts";

export interface GpuLanguage {
  readonly name: "triton" | "cuda";
  /** For messages. */
  readonly title: string;
  /** The program of the runner that compiles. */
  readonly program: string;
  /**
   * What its compile process must know of a candidate besides files, workloads and device.
   * @throws RangeError for a configuration that cannot be compiled.
   */
  readonly ask: (job: Pick<Job, "kernel" | "config">) => Record<string, unknown>;
  /** Version of the compiler where the measuring process does not have it. @throws UserError where it is missing. */
  readonly compilerVersion?: (python: string, env: Record<string, string>) => Promise<string>;
}

export const TRITON: GpuLanguage = { name: "triton", title: "Triton", program: "compile_main.py", ask: () => ({}) };

/** The code that a candidate compiles, absolute. */
export const codeFileOf = ({ evolvedSource, kernel }: Job): string =>
  evolvedSource ?? join(kernel.folder, kernel.definition.source as string);
