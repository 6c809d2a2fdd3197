/** The command line that starts a program of this project from the user's current folder. */
import { existsSync } from "node:fs";
import { delimiter, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { shellWord } from "./shell-word.ts";

export type ProgramName = "coordinator" | "gpu-evaluator" | "island-worker" | "research-stage";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * In a clone `npx` finds its programs; outside, it would ask the registry for a stranger's package, so they are named
 * by their path. The portable bundle has its programs in `bin/`; an installed Python package names the folder of its
 * scripts in KEVO_SCRIPTS.
 */
export function ownCommand(
  program: ProgramName,
  { root = ROOT, cwd = process.cwd(), path = process.env.PATH, scripts = process.env.KEVO_SCRIPTS } = {},
): string {
  const folders = [join(root, "bin"), ...(scripts ? [scripts] : [])];
  const folder = folders.find((each) => existsSync(join(each, program)));
  if (folder !== undefined) {
    return (path ?? "").split(delimiter).includes(folder) ? program : shellWord(join(folder, program));
  }
  const from = relative(root, cwd);
  const isInside = from === "" || (from !== ".." && !from.startsWith(`..${sep}`));
  return isInside ? `npx ${program}` : shellWord(join(root, program, "bin", `${program}.mjs`));
}
