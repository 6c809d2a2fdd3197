/** The README says what is there: commands, options, and the files of its worked example. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { files, ROOT, read } from "./files.ts";

const readme = read("README.md");

/** What a program prints for `--help`. */
function help(program: string, ...command: string[]): string {
  const bin = join(ROOT, program, "bin", `${program}.mjs`);
  return execFileSync(process.execPath, [bin, ...command, "--help"], { encoding: "utf8" });
}

/** First column of a list in a help text, such as "Options:"; what is the same everywhere left out. */
function listed(text: string, title: string): string[] {
  const section = new RegExp(`^${title}:\\n((?: .*\\n)+)`, "m").exec(text)?.[1] ?? "";
  return [...section.matchAll(/^ {2}(-h, )?(\S+)/gm)]
    .map((match) => match[2] ?? "")
    .filter((name) => name !== "help" && name !== "--help");
}

/** First cells of the README's tables, as code. */
const cells = [...readme.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => (match[1] ?? "").replaceAll("\\|", "|"));

describe("README", () => {
  test("lists every command, and none that is not there", () => {
    const lineage = listed(help("coordinator", "lineage"), "Commands").map((name) => `coordinator lineage ${name}`);
    const there = [
      ...listed(help("coordinator"), "Commands").map((name) => `coordinator ${name}`),
      ...lineage,
      ...listed(help("gpu-evaluator"), "Commands").map((name) => `gpu-evaluator ${name}`),
      "island-worker start",
      ...listed(help("research-stage"), "Commands").map((name) => `research-stage ${name}`),
    ].filter((name) => name !== "coordinator lineage");
    const named = cells.filter((cell) => !cell.startsWith("--")).map((cell) => cell.replace(/ [[A-Z].*$/, ""));
    expect(lineage.length).toBeGreaterThan(5);
    expect(named.sort()).toEqual(there.sort());
  });

  test("lists every option of coordinator start, and none that is not there", () => {
    const named = cells.filter((cell) => cell.startsWith("--")).map((cell) => cell.split(" ")[0]);
    expect(named.sort()).toEqual(listed(help("coordinator", "start"), "Options").sort());
  });

  test("links to files that are there", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? "");
    const there = files();
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !there.some((file) => file === link || file.startsWith(link)))).toEqual([]);
  });
});
