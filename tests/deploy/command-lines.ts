/** Whether a program's own parser takes a command line, without carrying it out. */
import { coordinator } from "../../coordinator/cli/program.ts";
import { gpuEvaluator } from "../../gpu-evaluator/cli/program.ts";
import { islandWorker } from "../../island-worker/cli/program.ts";

const PROGRAMS = { coordinator, "gpu-evaluator": gpuEvaluator, "island-worker": islandWorker };

/** What the parser says against it; null where it takes it. */
export async function complaint(words: readonly string[]): Promise<string | null> {
  const [name = "", ...args] = words;
  const make = PROGRAMS[name.split("/").at(-1) as keyof typeof PROGRAMS];
  if (make === undefined) return `${name} is none of the programs`;
  const program = make();
  let said = "";
  const quiet = {
    writeErr: (text: string) => {
      said += text;
    },
    writeOut: () => {},
  };
  program.exitOverride().configureOutput(quiet);
  for (const command of program.commands)
    command
      .exitOverride()
      .configureOutput(quiet)
      .action(() => {});
  try {
    await program.parseAsync(args, { from: "user" });
    return null;
  } catch (error) {
    return said.trim() || (error as Error).message;
  }
}

/** `start-or-resume DATABASE COMMON... -- OPTIONS...`: the two command lines that it may run. */
export function ofStartOrResume([database = "", ...rest]: readonly string[]): string[][] {
  const at = rest.indexOf("--");
  const [common, options] = at < 0 ? [rest, []] : [rest.slice(0, at), rest.slice(at + 1)];
  return [
    ["coordinator", "resume", "--db", database, ...common],
    ["coordinator", "start", "--db", database, ...common, ...options],
  ];
}
