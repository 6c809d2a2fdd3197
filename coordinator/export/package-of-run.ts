/** The kernel's package that a run was made with: by its hash, wherever this machine still has it. */
import { join } from "node:path";
import { cacheRoot } from "@kevo/core/config/user-folders.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type KernelPackage, loadKernel } from "@kevo/core/kernel/load.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import type { Run } from "../lineage/queries/resolve.ts";
import { KERNELS } from "../run/kernel-of.ts";
import { launch } from "../run/launch.ts";

/**
 * The folder that the run was started with, where it still has the same content; else what an evaluator of this
 * machine keeps.
 * @throws UserError when neither has it, and for a recorded space, which has no source.
 */
export async function packageOfRun(
  run: Run,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ spec: RunSpec; kernel: KernelPackage }> {
  const spec = runSpec.parse(JSON.parse(run.spec));
  const { kernel: named } = launch.parse(JSON.parse(run.launch));
  if (named === null) {
    throw new UserError(`Run ${run.id} replays a recorded space, so there is no code to export.`, 2);
  }
  const cache = join(cacheRoot(environment), "kernels");
  for (const place of [named, join(cache, spec.kernel.hash)]) {
    const kernel = await loadKernel(place, KERNELS).catch(() => null);
    if (kernel?.hash === spec.kernel.hash) return { spec, kernel };
  }
  throw new UserError(
    `The kernel of run ${run.id} is not available: ${named} has changed or no longer exists, and no evaluator of this ` +
      `machine keeps ${spec.kernel.hash.slice(0, 12)}. Restore the folder, or export on the machine that made the run.`,
  );
}
