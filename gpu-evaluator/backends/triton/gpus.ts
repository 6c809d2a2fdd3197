/** Which GPUs a daemon takes: all that are visible, by UUID, or those that the user names. */

import { UserError } from "@kevo/core/errors/user-error.ts";
import { CommandFailed, outputOf } from "@kevo/core/process/command.ts";
import { counted } from "@kevo/core/text/plural.ts";
import { z } from "zod";

export interface Gpu {
  /** Such as `GPU-5c4f…`: the same in every process of this host, in any numbering of devices. */
  readonly uuid: string;
  readonly name: string;
  /** GPUs that this host has, itself included, whether they are visible or not. */
  readonly ofHost: number;
}

/**
 * @param devices positions among the visible GPUs; undefined for all
 * @param backend for messages
 * @throws UserError without a visible GPU, or with fewer than that.
 */
export async function findGpus(
  devices: readonly number[] | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  backend = "Triton",
): Promise<Gpu[]> {
  const visible = visibleOf(await listGpus(environment, backend), environment.CUDA_VISIBLE_DEVICES);
  if (devices === undefined) return visible;
  return devices.map((device) => {
    const gpu = visible[device];
    if (gpu !== undefined) return gpu;
    throw new UserError(
      `--devices ${device}: this host has ${counted(visible.length, "visible GPU")}, numbered from 0 (after CUDA_VISIBLE_DEVICES).`,
      2,
    );
  });
}

async function listGpus(environment: NodeJS.ProcessEnv, backend: string): Promise<Gpu[]> {
  try {
    return await listNvidia(environment, backend);
  } catch (error) {
    const amd = await listAmd(environment);
    if (amd.length === 0) throw error;
    const names = [...new Set(amd)].join(", ");
    throw new UserError(
      `This host has ${amd.length === 1 ? "an AMD GPU" : `${amd.length} AMD GPUs`} (${names}) and no NVIDIA GPU. Triton can compile for AMD, but the runner launches machine code only through CUDA's driver (gpu-evaluator/runner/cuda_driver.py).`,
    );
  }
}

/**
 * Products by rocm-smi's JSON, one a card; none where there is no ROCm. Written from its manual, never tried on a card.
 */
async function listAmd(environment: NodeJS.ProcessEnv): Promise<string[]> {
  try {
    const stdout = await outputOf(["rocm-smi", "--showproductname", "--json"], asked(environment));
    const cards = z.record(z.string(), z.record(z.string(), z.unknown())).parse(JSON.parse(stdout));
    return Object.entries(cards).flatMap(([card, facts]) => {
      // biome-ignore lint/plugin: a field of rocm-smi
      const series = Object.entries(facts).find(([name]) => name.toLowerCase() === "card series")?.[1];
      return card.startsWith("card") ? [String(series ?? "unnamed")] : [];
    });
  } catch {
    return [];
  }
}

const asked = (env: NodeJS.ProcessEnv) => ({ env, timeoutMs: 30_000 });

async function listNvidia(environment: NodeJS.ProcessEnv, backend: string): Promise<Gpu[]> {
  let text: string;
  try {
    const query = ["--query-gpu=uuid,name", "--format=csv,noheader"];
    text = await outputOf(["nvidia-smi", ...query], asked(environment));
  } catch (error) {
    const why = error instanceof CommandFailed && error.notFound ? "not found" : (error as Error).message;
    throw new UserError(
      `The ${backend} backend needs an NVIDIA GPU, but nvidia-smi lists none (${why}). Start the evaluator on a machine with a GPU and its driver, and name it to the coordinator with --evaluator HOST:PORT.`,
    );
  }
  const gpus = text.split("\n").flatMap((line) => {
    const [uuid, name] = line.split(",").map((part) => part.trim());
    return uuid?.startsWith("GPU-") && name ? [{ uuid, name }] : [];
  });
  if (gpus.length > 0) return gpus.map((gpu) => ({ ...gpu, ofHost: gpus.length }));
  throw new UserError(`The ${backend} backend needs an NVIDIA GPU, but nvidia-smi lists none on this machine.`);
}

/** As CUDA reads the variable: numbers (in the order of the bus) or beginnings of UUIDs. */
function visibleOf(gpus: readonly Gpu[], variable: string | undefined): Gpu[] {
  if (variable === undefined) return [...gpus];
  const wanted = variable.split(",").map((part) => part.trim());
  const visible = wanted.flatMap((part) => {
    if (part === "" || part === "-1") return [];
    const gpu = /^\d+$/.test(part) ? gpus[Number(part)] : gpus.find(({ uuid }) => uuid.startsWith(part));
    if (gpu !== undefined) return [gpu];
    throw new UserError(
      `CUDA_VISIBLE_DEVICES is ${variable}, but this host has no GPU ${part}; it has ${gpus.length}. Correct the variable, or unset it.`,
    );
  });
  if (visible.length > 0) return visible;
  throw new UserError(
    `CUDA_VISIBLE_DEVICES is "${variable}", which hides every GPU of this host. Correct the variable, or unset it.`,
  );
}
