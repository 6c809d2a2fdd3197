/** `npm start`: the default job, or what the arguments after `npm start --` say to the coordinator. */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";

const JOB = ["--islands", "4", "--evaluations", "200"];

/**
 * Arguments for the coordinator. A command is passed unchanged; options extend or override the default job (the last
 * one of a name counts); help is the coordinator's.
 * @param {string[]} args the arguments after `npm start --`
 */
export function coordinatorArguments(args) {
  const [first] = args;
  if (first !== undefined && (!first.startsWith("-") || ["--help", "-h"].includes(first))) return args;
  const namesKernel = args.some((arg) => /^--(kernel|space)(=|$)/.test(arg));
  return ["start", ...(namesKernel ? [] : ["--kernel", "attention-cpu"]), ...JOB, ...args];
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await run("coordinator/cli/main.ts", coordinatorArguments(process.argv.slice(2)));
}
