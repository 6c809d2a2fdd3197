/** `docs/cli.md` from the definitions of the commands, so that page and `--help` cannot differ. */
import { helpOf } from "@kevo/core/program/command-help.ts";
import type { Argument, Command, Option } from "commander";

/** @param shapes of what `--json` writes, by the command's full name */
export function cliPage(programs: readonly Command[], shapes: ReadonlyMap<string, string>, intro: string): string {
  const sections = programs.flatMap((program) => [programSection(program), ...commandSections(program, shapes)]);
  return `${[intro.trim(), contents(programs), ...sections].join("\n\n")}\n`;
}

/** Commands that do something, in the order of the help. */
export function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function contents(programs: readonly Command[]): string {
  const rows = programs.flatMap(leaves).map((command) => {
    const name = fullName(command);
    return `| [\`${name}\`](#${name.replaceAll(" ", "-")}) | ${cell(command.description())} |`;
  });
  return ["| command | what it does |", "|---|---|", ...rows].join("\n");
}

function programSection(program: Command): string {
  return `## ${program.name()}\n\n${program.description()}`;
}

function commandSections(program: Command, shapes: ReadonlyMap<string, string>): string[] {
  return leaves(program).map((command) => {
    const name = fullName(command);
    const help = helpOf(command);
    if (help === undefined) throw new Error(`${name} has no help: give it to withHelp.`);
    const { notes, json, exitCodes, examples } = help;
    const shape = shapes.get(name);
    return [
      `### ${name}`,
      command.description(),
      fenced("", `${name} ${command.usage()}`),
      ...table("argument", command.registeredArguments.map(argumentRow)),
      ...table("option", command.createHelp().visibleOptions(command).filter(isOwn).map(optionRow)),
      ...paragraphs(notes),
      ...(json === "" ? [] : [`**JSON.** With \`--json\`, ${json}.${shape === undefined ? "" : " Its shape:"}`]),
      ...(json === "" || shape === undefined ? [] : [fenced("ts", shape)]),
      `**Exit codes.** ${exitCodes}.`,
      `**Example${examples.length === 1 ? "" : "s"}**`,
      fenced("sh", examples.join("\n")),
    ].join("\n\n");
  });
}

/** A paragraph with aligned columns stays as it is; others are running text. */
function paragraphs(notes: string): string[] {
  return notes
    .split("\n\n")
    .filter((paragraph) => paragraph !== "")
    .map((paragraph) => (/\S {2,}\S/.test(paragraph) ? fenced("", paragraph) : paragraph));
}

function table(head: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : [[`| ${head} | meaning |`, "|---|---|", ...rows].join("\n")];
}

const isOwn = (option: Option) => option.long !== "--help";

function argumentRow(argument: Argument): string {
  const name = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
  return `| ${code(name)} | ${cell(argument.description)} |`;
}

function optionRow(option: Option): string {
  const notes = [
    ...(option.mandatory ? ["required"] : []),
    ...(option.argChoices === undefined ? [] : [`one of ${option.argChoices.map(code).join(", ")}`]),
    ...(option.defaultValue === undefined ? [] : [`default: ${defaultOf(option)}`]),
  ];
  const meaning = cell(option.description);
  return `| ${code(option.flags)} | ${meaning}${notes.length === 0 ? "" : ` (${notes.join("; ")})`} |`;
}

function defaultOf(option: Option): string {
  return option.defaultValueDescription ?? code(String(option.defaultValue));
}

const cell = (text: string) => text.replaceAll("\n", " ").replaceAll("|", "\\|");
const code = (text: string) => `\`${cell(text)}\``;
const fenced = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;
