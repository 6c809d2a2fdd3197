/** The README is true: its commands, its options, and its files exist. */
import { posix } from "node:path";
import { coordinator } from "@kevo/coordinator/cli/program.ts";
import { gpuEvaluator } from "@kevo/gpu-evaluator/cli/program.ts";
import { islandWorker } from "@kevo/island-worker/cli/program.ts";
import { researchStage } from "@kevo/research-stage/cli/program.ts";
import { describe, expect, test } from "vitest";
import { fullName, leaves } from "../../docs/generate/cli-page.ts";
import { files, read } from "./files.ts";

const commands = [coordinator(), gpuEvaluator(), islandWorker(), researchStage()].flatMap(leaves);
const pages = files().filter((file) => file.endsWith(".md"));

/** Complaints about command lines `npx PROGRAM …` in a page: a command or an option that does not exist. */
function wrongCommands(text: string): string[] {
  const lines = text.replaceAll("\\\n", " ").matchAll(/(?:npx |npm start -- )(?=[a-z])([^`\n#…]*)/g);
  return [...lines].flatMap(([whole, given = ""]) => {
    const program = whole.startsWith("npm start") && given !== "" ? `coordinator ${given}` : given;
    if (!/^(coordinator|gpu-evaluator|island-worker|research-stage) ./.test(program)) return [];
    const command = commands.find((each) => `${program.trim()} `.startsWith(`${fullName(each)} `));
    if (command === undefined) return [`no such command: ${whole.trim()}`];
    const known = command.options.map(({ long }) => long);
    const given_options = program.split(/\s+/).filter((word) => word.startsWith("--"));
    return given_options.filter((word) => !known.includes(word)).map((word) => `${fullName(command)} ${word}`);
  });
}

describe("README", () => {
  test("is short enough to be read to the end", () => {
    expect(read("README.md").split("\n").length).toBeLessThanOrEqual(161);
  });
});

describe("pages", () => {
  test("show commands and options that exist", () => {
    expect(wrongCommands("`npx coordinator begin` and npx coordinator start --kernels x")).toHaveLength(2);
    expect(pages.flatMap((page) => wrongCommands(read(page)).map((wrong) => `${page}: ${wrong}`))).toEqual([]);
  });

  test("link to files that are there", () => {
    const there = files();
    const links = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? "")
        .filter((link) => !/^[a-z]+:/.test(link))
        .map((link) => ({ page, file: posix.join(posix.dirname(page), link).replace(/\/$/, "") })),
    );
    expect(links.length).toBeGreaterThan(20);
    const missing = links.filter(({ file }) => !there.some((each) => each === file || each.startsWith(`${file}/`)));
    expect(missing).toEqual([]);
  });

  test("name files of the clone that are there", () => {
    const there = files();
    const folders = "core|proto|gpu-evaluator|island-worker|coordinator|research-stage|deploy|bench|tests|docs|results";
    const path = new RegExp(`\`((?:${folders})/[\\w./-]*[\\w/])\``, "g");
    const paths = pages
      .filter((page) => page !== "CHANGELOG.md" && !page.startsWith("results/"))
      .flatMap((page) =>
        [...read(page).matchAll(path)].map(([, file = ""]) => ({ page, file: file.replace(/\/$/, "") })),
      );
    expect(paths.length).toBeGreaterThan(50);
    // A page may leave a name to the reader.
    const missing = paths.filter(
      ({ file }) => !file.includes("NAME") && !there.some((each) => each === file || each.startsWith(`${file}/`)),
    );
    expect(missing).toEqual([]);
  });
});
