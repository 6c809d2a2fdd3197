/** docs/cli.md is what `npm run docs` writes, and the programs say the same. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { coordinator } from "@kevo/coordinator/cli/program.ts";
import { helpOf } from "@kevo/core/program/command-help.ts";
import { gpuEvaluator } from "@kevo/gpu-evaluator/cli/program.ts";
import { islandWorker } from "@kevo/island-worker/cli/program.ts";
import { researchStage } from "@kevo/research-stage/cli/program.ts";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { fullName, leaves } from "../../docs/generate/cli-page.ts";
import { renderCliPage } from "../../docs/generate/pages.ts";
import { shapeOfValues } from "../../docs/generate/shape.ts";
import { ROOT, read } from "./files.ts";

const page = read("docs/cli.md");
const programs = [coordinator(), gpuEvaluator(), islandWorker(), researchStage()];

test("the page is current: `npm run docs` writes it", async () => {
  expect(await renderCliPage()).toBe(page);
});

/** The output of a program's `--help`. */
async function help(program: string, ...command: string[]): Promise<string> {
  const bin = join(ROOT, program, "bin", `${program}.mjs`);
  return (await promisify(execFile)(process.execPath, [bin, ...command, "--help"])).stdout;
}

/** First column of a list in a help text, such as "Options:", without the entries that all have. */
function listed(text: string, title: string): string[] {
  const section = new RegExp(`^${title}:\\n((?: .*\\n)+)`, "m").exec(text)?.[1] ?? "";
  return [...section.matchAll(/^ {2}(-h, )?(\S+)/gm)]
    .map((match) => match[2] ?? "")
    .filter((name) => name !== "help" && name !== "--help");
}

describe("the page", () => {
  const titles = [...page.matchAll(/^### (.+)$/gm)].map((match) => match[1] ?? "");

  test("lists every command, and none that is not there", async () => {
    const commandsOf = async (program: string, ...command: string[]) =>
      listed(await help(program, ...command), "Commands").map((name) => [program, ...command, name].join(" "));
    const groups = ["lineage", "import", "tune"];
    const [lineage = [], imports = [], tunes = [], ...rest] = await Promise.all([
      ...groups.map((group) => commandsOf("coordinator", group)),
      commandsOf("coordinator"),
      ...["gpu-evaluator", "island-worker", "research-stage"].map((program) => commandsOf(program)),
    ]);
    expect(lineage.length).toBeGreaterThan(5);
    const isGroup = (name: string) => groups.some((group) => name === `coordinator ${group}`);
    const there = [...rest.flat().filter((name) => !isGroup(name)), ...lineage, ...imports, ...tunes];
    expect(titles.toSorted()).toEqual(there.sort());
    // One line for each in the table of contents.
    expect([...page.matchAll(/^\| \[`([^`]+)`\]/gm)].map((match) => match[1])).toEqual(titles);
  });

  test("lists every option of coordinator start, and none that is not there", async () => {
    const section = /^### coordinator start\n([\s\S]*?)^### /m.exec(page)?.[1] ?? "";
    const named = [...section.matchAll(/^\| `(--\S+)/gm)].map((match) => match[1]?.replace(/`$/, ""));
    expect(named.sort()).toEqual(listed(await help("coordinator", "start"), "Options").sort());
  });
});

describe("examples", () => {
  const commands = programs.flatMap(leaves);
  const names = new Set(programs.map((program) => program.name()));
  /** Complaints about one example: a command or an option that does not exist. */
  const complaints = (example: string): string[] => {
    const words = example.replaceAll("\\\n", " ").split(/\s+/);
    const start = words.findIndex((word) => names.has(word));
    const line = words.slice(start).join(" ");
    const command = commands.find((each) => `${line} `.startsWith(`${fullName(each)} `));
    if (command === undefined) return [`no such command: ${example}`];
    const known = command.options.map(({ long }) => long);
    return words.filter((word) => word.startsWith("--") && !known.includes(word));
  };

  test.each(commands.map((command) => [fullName(command), command] as const))("%s", (_, command) => {
    const examples = helpOf(command)?.examples ?? [];
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.flatMap(complaints)).toEqual([]);
  });

  test("a wrong one is noticed", () => {
    expect(complaints("coordinator starts")).toHaveLength(1);
    expect(complaints("KEVO_TOKEN=… coordinator lineage best --limits 3")).toEqual(["--limits"]);
    expect(helpOf(new Command("x"))).toBeUndefined();
  });
});

test("a shape covers all examples", () => {
  expect(
    shapeOfValues([
      { a: 1, config: { x: 1 } },
      { a: null, b: [] },
    ]),
  ).toBe("{ a: number | null; config?: { [name: string]: number }; b?: unknown[] }");
});
