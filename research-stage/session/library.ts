/** The project's kernels that an idea can build upon: their reference, workloads and tolerance are trusted. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fitsPattern } from "@kevo/coordinator/run/spec.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { listKernels, loadKernel } from "@kevo/core/kernel/load.ts";
import { kernelDefinition } from "@kevo/proto/kernel.ts";
import { z } from "zod";

const PACKAGE = fileURLToPath(import.meta.resolve("@kevo/gpu-evaluator/package.json"));
export const LIBRARY = join(dirname(PACKAGE), "kernels");
const HEADER = join(dirname(PACKAGE), "backends/cpu/native/kevo.h");

/** A snapshot, so that a recording still works when the library's kernels have changed. */
const libraryKernel = z.object({
  definition: kernelDefinition,
  /** Of its package. */
  hash: z.string(),
  /** Text of the source and of the reference. */
  source: z.string(),
  reference: z.string(),
});
export type LibraryKernel = z.infer<typeof libraryKernel>;

export const library = z.object({
  kernels: z.array(libraryKernel),
  /** The functions that a source implements and may call. */
  interface: z.string(),
});
export type Library = z.infer<typeof library>;

/**
 * @param workloads names or patterns; only kernels that have them all can be built upon, so that nothing is paid for
 *   an idea that could not be measured. Empty for every kernel.
 * @throws UserError (code 2) where none has.
 */
export async function libraryOf(backend: "cpu" | "triton", workloads: readonly string[] = []): Promise<Library> {
  const kernels: LibraryKernel[] = [];
  for (const id of await listKernels(LIBRARY)) {
    const { definition, hash } = await loadKernel(id, LIBRARY);
    if (!definition.backends.includes(backend)) continue;
    const text = (file: string | null) => readFile(join(LIBRARY, id, file as string), "utf8");
    const [source, reference] = [await text(definition.source), await text(definition.reference)];
    kernels.push({ definition, hash, source, reference });
  }
  const fitting = kernels.filter(({ definition }) =>
    workloads.every((pattern) => definition.workloads.some(({ name }) => fitsPattern(name, pattern))),
  );
  if (fitting.length === 0) throw new UserError(noneHas(kernels, backend, workloads), 2);
  return { kernels: fitting, interface: await interfaceOf(backend) };
}

/** Most names of one kernel in a prompt; a suite of models has scores of them. */
const MAX_NAMES = 12;

function noneHas(kernels: readonly LibraryKernel[], backend: string, workloads: readonly string[]): string {
  const has = kernels.map(({ definition: { id, workloads: all } }) => {
    const names = all.slice(0, MAX_NAMES).map(({ name }) => name);
    return `${id} has ${names.join(", ")}${all.length > MAX_NAMES ? ` and ${all.length - MAX_NAMES} more` : ""}`;
  });
  const wanted = workloads.length === 1 ? `the workload ${workloads[0]}` : `all of ${workloads.join(", ")}`;
  return `--workload: no kernel of the library for ${backend} has ${wanted}. ${has.join("; ")}.`;
}

async function interfaceOf(backend: "cpu" | "triton"): Promise<string> {
  if (backend === "cpu") return readFile(HEADER, "utf8");
  return `A Python file with Triton kernels (@triton.jit) and a function
plan(config: dict, shape: dict, target: dict) -> dict that imports no torch and returns
{"scratch": {name: {"type": "fp32" | "i32", "elements": int}}, "launches": [{"kernel": name of the jit function,
"grid": [x, y, z], "options": {"num_warps": int, "num_stages": int}, "arguments": {name: {"pointer": tensor, "type":
"bf16" | "fp16" | "fp32" | "i32"} | {"stride": [tensor, axis]} | {"i32": int} | {"fp32": float} | null},
"constants": {name: value}}]}. Arguments and constants name every parameter of the jit function.`;
}

/** For a prompt: what can be built upon. */
export function libraryLines(kernels: readonly LibraryKernel[]): string {
  return kernels
    .map(({ definition: { id, title, description, workloads, parameters } }) => {
      const sizes = Object.keys(workloads[0]?.shape ?? {}).join(", ");
      const tuned = parameters.map(({ name }) => name).join(", ");
      return `- ${id}: ${title}. ${description} Sizes: ${sizes}. It tunes ${tuned}.`;
    })
    .join("\n");
}
