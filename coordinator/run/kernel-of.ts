/** The kernel that a launch names: from its folder, or from the recorded spaces that a replay reads. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type KernelPackage, kernelFromSpaces, loadKernel } from "@kevo/core/kernel/load.ts";
import type { Launch } from "./launch.ts";

/** The kernels of this project. */
export const KERNELS = join(dirname(fileURLToPath(import.meta.resolve("@kevo/gpu-evaluator/package.json"))), "kernels");

/**
 * With the device models that its islands divide among them; none where any device serves.
 * @param onNote receives remarks for the user who replays a space
 * @throws UserError as `loadKernel` and `kernelFromSpaces` do
 */
export async function kernelOf(
  launch: Launch,
  onNote: (note: string) => void = () => {},
): Promise<KernelPackage & { devices: readonly string[] }> {
  if (launch.spaces.length === 0) return { ...(await loadKernel(launch.kernel as string, KERNELS)), devices: [] };
  const kernel = await kernelFromSpaces(launch.spaces, launch.objective);
  for (const message of kernel.notes) onNote(message);
  return launch.spaces.length === 1 ? { ...kernel, devices: [] } : kernel;
}
