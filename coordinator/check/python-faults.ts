/** Checks of the Python of a kernel for GPUs, without one: it can be parsed, and defines the functions that the backend calls. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { unpackFiles } from "@kevo/core/kernel/archive.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { runCommand } from "@kevo/core/process/command.ts";
import { cleanEnvironment } from "@kevo/core/process/environment.ts";

const LIMIT_MS = 30_000;
/** Parsed only, and never run: names that a module defines at its top, or where it is not Python. */
const NAMES = `import ast, json, sys
try:
    tree = ast.parse(sys.stdin.buffer.read())
except SyntaxError as error:
    print(json.dumps({"line": error.lineno, "message": error.msg}))
else:
    names = [alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    names += [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    names += [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    print(json.dumps({"names": names}))`;

type Parsed = { readonly names: readonly string[] } | { readonly line: number; readonly message: string };

/** Does nothing without Python: then the backend reports what is missing. @throws UserError */
export async function findPythonFaults(
  { definition, bytes }: KernelPackage,
  backend: "triton" | "cuda",
  { python = "python3", signal }: { readonly python: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const needed: readonly (readonly [string | null, readonly string[]])[] = [
    ...(backend === "triton" ? [[definition.source, ["plan"]] as const] : []),
    [definition.reference, ["inputs", "output", "reference", "baselines", "hidden_shapes"]],
  ];
  for (const [path, functions] of needed) {
    const file = unpackFiles(bytes).find((one) => one.path === path);
    if (file === undefined) continue;
    const input = Buffer.from(file.content).toString("utf8");
    const env = cleanEnvironment("/tmp");
    const done = await runCommand([python, "-c", NAMES], { env, timeoutMs: LIMIT_MS, signal, input }).catch(() => null);
    signal.throwIfAborted();
    if (done?.code !== 0) return;
    const parsed = JSON.parse(done.stdout) as Parsed;
    if ("message" in parsed) {
      throw new UserError(`${path}, line ${parsed.line}, is not Python: ${parsed.message}. Correct it.`);
    }
    const missing = functions.filter((name) => !parsed.names.includes(name));
    if (missing.length > 0) {
      const what = missing.length === 1 ? `no function ${missing[0]}` : `no functions ${missing.join(", ")}`;
      throw new UserError(
        `${path} defines ${what}, which the ${backend === "triton" ? "Triton" : "CUDA"} backend calls. Define ${missing.length === 1 ? "it" : "them"}.`,
      );
    }
  }
}
