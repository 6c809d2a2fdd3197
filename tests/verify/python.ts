/** Ruff over every tracked Python file. The WebAssembly build comes with npm, so no Python is needed to check. */
import { type Diagnostic, PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";
import { files, read } from "../house/files.ts";

const OPTIONS = {
  "line-length": 120,
  "target-version": "py311",
  lint: { select: ["E", "F", "W", "I", "B", "UP", "ANN", "SIM", "RUF"] },
};

/** Arguments and results of a Triton function are tensors of the device, whose types are its compiler's. */
const HAS_DEVICE_CODE = /^@triton\.jit/m;
const WITHOUT_ANNOTATIONS = { ...OPTIONS, lint: { select: OPTIONS.lint.select.filter((rules) => rules !== "ANN") } };

/** Complaints about one source, `file:line:column code message` each; also when it is not formatted. */
export function complaints(file: string, source: string): string[] {
  const options = HAS_DEVICE_CODE.test(source) ? WITHOUT_ANNOTATIONS : OPTIONS;
  using ruff = new Workspace(options, PositionEncoding.Utf16);
  const diagnostics = ruff.check(source) as Diagnostic[];
  const found = diagnostics.map(
    ({ start_location: at, code, message }) => `${file}:${at.row}:${at.column} ${code ?? "syntax"} ${message}`,
  );
  if (found.length === 0 && ruff.format(source) !== source) found.push(`${file}: not formatted (ruff format)`);
  return found;
}

/** Prints every complaint about the Python files that git tracks or would add; true without complaints. */
export function checkPython(): boolean {
  const found = files()
    .filter((file) => file.endsWith(".py"))
    .flatMap((file) => complaints(file, read(file)));
  for (const line of found) process.stdout.write(`${line}\n`);
  return found.length === 0;
}
