/** Ruff over every tracked Python file. The WebAssembly build comes with npm, so no Python is needed to check. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";

const OPTIONS = {
  "line-length": 120,
  "target-version": "py311",
  lint: { select: ["E", "F", "W", "I", "B", "UP", "ANN", "SIM", "RUF"] },
};

/** Complaints about one source, `file:line:column code message` each; also when it is not formatted. */
export function complaints(file: string, source: string): string[] {
  using ruff = new Workspace(OPTIONS, PositionEncoding.Utf16);
  const diagnostics = ruff.check(source) as Diagnostic[];
  const found = diagnostics.map(
    ({ start_location: at, code, message }) => `${file}:${at.row}:${at.column} ${code ?? "syntax"} ${message}`,
  );
  if (found.length === 0 && ruff.format(source) !== source) found.push(`${file}: not formatted (ruff format)`);
  return found;
}

/** Prints every complaint about the Python files that git knows or would take; true when there is none. */
export function checkPython(root: string): boolean {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.py"], {
    cwd: root,
    encoding: "utf8",
  });
  const files = listed.split("\n").filter((file) => file !== "" && existsSync(join(root, file)));
  const found = files.flatMap((file) => complaints(file, readFileSync(join(root, file), "utf8")));
  for (const line of found) process.stdout.write(`${line}\n`);
  return found.length === 0;
}
