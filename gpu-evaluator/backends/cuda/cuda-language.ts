/** CUDA C++: parameters are macros, NVRTC compiles, and the kernel's definition says what is launched. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { CommandFailed, outputOf } from "@kevo/core/process/command.ts";
import { parameterArguments } from "../parameter-arguments.ts";
import type { GpuLanguage } from "../triton/gpu-language.ts";

const RUNNER = fileURLToPath(new URL("../../runner", import.meta.url));
const LIMIT_MS = 30_000;

export const CUDA: GpuLanguage = {
  name: "cuda",
  title: "CUDA",
  program: "compile_cuda_main.py",
  ask: ({ kernel: { definition }, config }) => ({
    flags: parameterArguments(definition, config, "nvrtc"),
    launches: definition.launches ?? [],
    constants: definition.constants ?? [],
    scratch: definition.scratch ?? {},
  }),
  compilerVersion,
};

async function compilerVersion(python: string, env: Record<string, string>): Promise<string> {
  try {
    const version = await outputOf([python, "-B", join(RUNNER, "nvrtc.py")], { env, timeoutMs: LIMIT_MS });
    return `NVRTC ${version.trim()}`;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new UserError(`The CUDA backend cannot compile: ${error.message}`);
  }
}
