/** Names in a kernel's code that its definition says otherwise: read as text, since both compile without a complaint. */
import { unpackFiles } from "@kevo/core/kernel/archive.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { languageOf } from "@kevo/core/kernel/names.ts";
import { type Compiler, parameterArguments } from "@kevo/gpu-evaluator/backends/parameter-arguments.ts";
import type { BackendName } from "@kevo/proto/backend-name.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { Parameter } from "@kevo/proto/search-space.ts";

export interface CodeRemarks {
  /** Parameters that no file mentions: their values make no difference. */
  readonly unused_parameters: readonly string[];
  /** Names in the conditions of a preprocessor that nothing defines: they count as 0 there. */
  readonly undefined_names: readonly { readonly file: string; readonly line: number; readonly name: string }[];
}

interface Code {
  readonly path: string;
  /** Without comments; of C without strings too, since a macro in a string is none. */
  readonly text: string;
}

export function codeRemarks({ definition, bytes }: KernelPackage, backend: BackendName): CodeRemarks {
  const isC = backend !== "triton";
  const code = unpackFiles(bytes).flatMap(({ path, content }): Code[] => {
    if (path === definition.reference || !(isC ? isCFile(path) : path.endsWith(".py"))) return [];
    const text = Buffer.from(content).toString("utf8");
    return [{ path, text: isC ? bareC(text) : text.replaceAll(/#.*/g, "") }];
  });
  const { parameters } = definition;
  const names = new Set(code.flatMap(({ text }) => text.match(IDENTIFIER) ?? []));
  const unused = parameters.filter((parameter) => !isFlags(parameter) && !isMentioned(parameter, names));
  return {
    unused_parameters: unused.map(({ name }) => name),
    undefined_names: isC ? undefinedNames(code, macrosOf(definition, backend === "cuda" ? "nvrtc" : "cc")) : [],
  };
}

const IDENTIFIER = /[A-Za-z_]\w*/g;

const isCFile = (path: string) => languageOf(path) !== null || /\.(cu|cuh|h|hpp|hh|inc|inl|def)$/.test(path);

/** Comments and strings become blanks; lines keep their numbers. */
function bareC(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, (found) =>
    found.replaceAll(/[^\n]/g, " "),
  );
}

/** Such a parameter reaches the compiler, and no code. */
function isFlags(parameter: Parameter): boolean {
  const values = parameter.type === "categorical" || parameter.type === "ordinal" ? parameter.values : [];
  return values.some((value) => typeof value === "string" && value.startsWith("-"));
}

function isMentioned({ name, type }: Parameter, names: ReadonlySet<string>): boolean {
  if (names.has(name)) return true;
  // In C a permutation arrives as ORDER_0, ORDER_1. A name that is put together with ## is in parts.
  return type === "permutation" && [...names].some((one) => one.startsWith(`${name}_`));
}

function undefinedNames(code: readonly Code[], macros: readonly string[]): CodeRemarks["undefined_names"] {
  const defined = code.flatMap(({ text }) => [...text.matchAll(/^\s*#\s*define\s+(\w+)/gm)].map((m) => m[1]));
  // Its author knows that it may be undefined.
  const tested = code.flatMap(({ text }) =>
    [...text.matchAll(/(?:#\s*ifn?def\s+|\bdefined\s*\(?\s*)(\w+)/g)].map((m) => m[1]),
  );
  const known = new Set(["defined", ...macros, ...defined, ...tested]);
  return code.flatMap(({ path, text }) =>
    text
      .replaceAll(/\\\n/g, "  ")
      .split("\n")
      .flatMap((line, at) => {
        const condition = /^\s*#\s*(?:el)?if\s+(.*)/.exec(line)?.[1] ?? "";
        const unknown = (condition.match(IDENTIFIER) ?? []).filter((name) => !known.has(name) && !isHost(name));
        return [...new Set(unknown)].map((name) => ({ file: path, line: at + 1, name }));
      }),
  );
}

/** Of the compiler, of its headers, or of kevo.h. */
const isHost = (name: string) => /^(_|KEVO_|true$|false$)|_(MAX|MIN|WIDTH)$/.test(name);

/** As the evaluator passes the parameters to the compiler. */
function macrosOf(definition: KernelDefinition, compiler: Compiler): string[] {
  const args = parameterArguments(definition, definition.default ?? {}, compiler);
  const constants = (definition.constants ?? []).map((name) => `SHAPE_${name}`);
  return [...args.flatMap((arg) => /^-D(\w+)=/.exec(arg)?.[1] ?? []), ...constants];
}
