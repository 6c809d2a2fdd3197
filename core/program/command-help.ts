/** The text below the options in every command's help. `docs/cli.md` is generated from the same values. */
import { type Command, Option } from "commander";

export const EXIT_CODES = "0 done, 1 failed, 2 wrong usage";
/** Of commands that carry out a run. */
export const RUN_EXIT_CODES = `${EXIT_CODES}, 75 machine too busy to measure, 130 interrupted (both can be resumed)`;
/** Of commands that carry out a run, on what `--json` does. */
export const RUN_JSON = "the last line on standard output is the result; all other output goes to standard error";

export interface CommandHelp {
  /** Paragraphs and tables in plain text; lines are printed unchanged. */
  readonly notes?: string;
  /** What `--json` writes; absent where the command has no such option. */
  readonly json?: string;
  readonly exitCodes?: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
}

const known = new WeakMap<Command, Required<CommandHelp>>();

/** Adds the help to the command, and keeps it for `helpOf`. */
export function withHelp(command: Command, help: CommandHelp): Command {
  const complete = { notes: "", json: "", exitCodes: EXIT_CODES, ...help };
  known.set(command, complete);
  return command.addHelpText("after", helpText(complete));
}

/** What `withHelp` was given, with its defaults; undefined where it was not called. */
export function helpOf(command: Command): Required<CommandHelp> | undefined {
  return known.get(command);
}

/** An option that may be given several times. */
export function repeatable(flags: string, description: string, whenAbsent: string): Option {
  return new Option(flags, `${description}; repeatable`)
    .argParser((value: string, earlier: string[]) => [...earlier, value])
    .default([], whenAbsent);
}

function helpText({ notes, json, exitCodes, examples }: Required<CommandHelp>): string {
  const facts = [
    ...(json === "" ? [] : [`With --json, ${json}. A failure is {"error": {"code", "message"}}.`]),
    `Exit codes: ${exitCodes}.`,
  ].join("\n");
  const shown = [`Example${examples.length === 1 ? "" : "s"}:`, ...examples.map(indented)].join("\n");
  return ["", ...(notes === "" ? [] : [notes, ""]), facts, "", shown].join("\n");
}

const indented = (example: string) => `  ${example.replaceAll("\n", "\n  ")}`;
