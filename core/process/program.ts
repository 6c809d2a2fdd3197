/** Starts a program of this project, run by this Node. */
import { environmentWithoutKeys } from "./environment.ts";
import { type GroupProcess, startGroup } from "./group.ts";

/** @param keys names of the keys that it may see, besides the cluster's token. */
export function startProgram(command: readonly string[], keys: readonly string[] = []): GroupProcess {
  const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
  return startGroup([...node, ...command], { env: environmentWithoutKeys(keys) });
}
