/** The kernel as the devices of a run can run it: values that need a later GPU are not in the space it searches. */
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { outputOf } from "@kevo/core/process/command.ts";
import { isGated, lowestCapability, withinCapability } from "@kevo/core/search-space/capability.ts";
import { EvaluatorLink } from "../dispatch/evaluator-link.ts";
import type { FindAccess } from "../identity/find-evaluator-access.ts";
import type { Launch } from "./launch.ts";

/**
 * Asks the named evaluators, or this host's driver, for compute capabilities, where the kernel depends on them. A
 * capability that cannot be asked for (of evaluators that only announce themselves) is not relied on, and is left out.
 * @param onNote is told of omitted values, and of values in the search that were never measured
 */
export async function withinDevices<K extends KernelPackage>(
  kernel: K,
  launch: Pick<Launch, "evaluators" | "external_evaluators">,
  access: FindAccess,
  onNote: (note: string) => void,
): Promise<K> {
  if (!isGated(kernel.definition)) return kernel;
  const capability =
    launch.evaluators.length > 0
      ? await ofEvaluators(launch.evaluators, access)
      : launch.external_evaluators === true
        ? null
        : await ofThisHost(process.env);
  const { definition, leftOut, unmeasured } = withinCapability(kernel.definition, capability);
  const here =
    capability === null
      ? "but the capability of this run's devices is unknown"
      : `this run's devices have ${capability}`;
  if (leftOut.length > 0) onNote(`excluded from the space: ${leftOut.join(", ")}; ${here}`);
  if (unmeasured.length > 0)
    onNote(`in the space, but never measured by the kernel's authors: ${unmeasured.join(", ")}`);
  return { ...kernel, definition };
}

async function ofEvaluators(addresses: readonly string[], access: FindAccess): Promise<string | null> {
  const capabilities = addresses.map(async (address) => {
    const link = new EvaluatorLink(address, access);
    try {
      return (await link.describe("")).devices.map(({ capability }) => capability);
    } catch {
      return [""]; // It may come later; who waits for it says so.
    } finally {
      link.close();
    }
  });
  return lowestCapability((await Promise.all(capabilities)).flat());
}

async function ofThisHost(env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    const query = ["--query-gpu=compute_cap", "--format=csv,noheader"];
    const stdout = await outputOf(["nvidia-smi", ...query], { env, timeoutMs: 30_000 });
    const lines = stdout.split("\n").map((line) => line.trim());
    return lowestCapability(lines.filter((line) => line !== "").map((line) => (/^\d+\.\d+$/.test(line) ? line : "")));
  } catch {
    return null;
  }
}
