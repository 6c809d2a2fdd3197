/** The device models that a run will measure on, as far as that can be told before it starts. */
import { outputOf } from "@kevo/core/process/command.ts";
import { cpuModel } from "@kevo/core/process/cpu-model.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import { EvaluatorLink } from "../dispatch/evaluator-link.ts";
import type { FindAccess } from "../identity/find-evaluator-access.ts";
import type { Launch } from "./launch.ts";

/** Asks the named evaluators, or this host; none where neither says. Evaluators that join by themselves are not asked. */
export async function deviceModelsOf(
  { evaluators, external_evaluators }: Pick<Launch, "evaluators" | "external_evaluators">,
  backend: BackendName,
  access: FindAccess,
): Promise<string[]> {
  if (evaluators.length > 0) {
    const models = await Promise.all(evaluators.map((address) => ofEvaluator(address, access)));
    return [...new Set(models.flat())];
  }
  if (external_evaluators === true) return [];
  if (backend === "cpu") return [cpuModel()];
  return backend === "triton" || backend === "cuda" ? await ofThisHost(process.env) : [];
}

async function ofEvaluator(address: string, access: FindAccess): Promise<string[]> {
  const link = new EvaluatorLink(address, access);
  try {
    return (await link.describe("")).devices.map(({ model }) => model);
  } catch {
    return []; // It may come later; who waits for it says so.
  } finally {
    link.close();
  }
}

async function ofThisHost(env: NodeJS.ProcessEnv): Promise<string[]> {
  try {
    const stdout = await outputOf(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], {
      env,
      timeoutMs: 30_000,
    });
    return [...new Set(stdout.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()])))];
  } catch {
    return [];
  }
}
