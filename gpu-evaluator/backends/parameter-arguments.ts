/** Passes a configuration to the compiler as macros and flags. `native/kevo.h` tells kernel authors the rules. */
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { Config, Parameter, ParamValue } from "@kevo/proto/search-space.ts";

/** Flags that values of parameters may be, by compiler. */
export type Compiler = "cc" | "nvrtc";

const isFlag = (value: unknown) => typeof value === "string" && value.startsWith("-");
/** Optimisation, code generation and machine flags; nothing that reads or writes files or loads code into the compiler. */
const ALLOWED: Readonly<Record<Compiler, RegExp>> = {
  cc: /^-(O[0-3sgz]|Ofast|f[a-z][a-z0-9=+-]*|m[a-z][A-Za-z0-9=+.,_-]*)$/,
  nvrtc: /^--(use_fast_math|extra-device-vectorization|maxrregcount=\d+|(ftz|prec-div|prec-sqrt|fmad)=(true|false))$/,
};
const EXAMPLES: Readonly<Record<Compiler, string>> = {
  cc: "-O, -f or -m",
  nvrtc: "such as --use_fast_math, --fmad=false or --maxrregcount=128",
};
const FORBIDDEN = /^-f(plugin|dump|profile|pass-plugin|diagnostics|callgraph|save|stack-usage|record|lto-)/;

/** Values of a parameter that has flags: each is a list of compiler flags, or empty. */
function flags(parameter: Parameter, value: ParamValue, compiler: Compiler): string[] {
  const flags = String(value).split(/\s+/).filter(Boolean);
  for (const flag of flags)
    if (!ALLOWED[compiler].test(flag) || FORBIDDEN.test(flag))
      throw new RangeError(
        `parameter ${parameter.name}: '${flag}' is not an optimisation flag (${EXAMPLES[compiler]})`,
      );
  return flags;
}

/** @throws RangeError for a value that the compiler may not get, of any parameter. */
export function checkFlags(definition: KernelDefinition, compiler: Compiler = "cc"): void {
  for (const parameter of definition.parameters) {
    const choices = parameter.type === "categorical" || parameter.type === "ordinal" ? parameter.values : [];
    if (choices.some(isFlag)) for (const value of choices) flags(parameter, value, compiler);
  }
}

/** The macro for a string value: `two-pass` of SOFTMAX is SOFTMAX_two_pass. */
const macroName = (parameter: Parameter, value: string) =>
  `${parameter.name}_${value.replaceAll(/[^A-Za-z0-9_]/g, "_")}`;

/** String values are numbered from 1, because an unknown name is 0 to the preprocessor. */
function stringMacros(parameter: Parameter, choices: readonly (string | number)[]): string[] {
  return choices.flatMap((choice, at) =>
    typeof choice === "string" ? [`-D${macroName(parameter, choice)}=${at + 1}`] : [],
  );
}

function scalarMacro(parameter: Parameter, name: string, value: ParamValue): string {
  if (typeof value === "boolean") return `-D${name}=${value ? 1 : 0}`;
  return `-D${name}=${typeof value === "string" ? macroName(parameter, value) : value}`;
}

/** Compiler arguments of one configuration, in parameter order. RangeError for a value that a parameter does not have. */
export function parameterArguments(definition: KernelDefinition, config: Config, compiler: Compiler = "cc"): string[] {
  return definition.parameters.flatMap((parameter) => {
    const value = config[parameter.name];
    if (value === undefined) throw new RangeError(`the configuration lacks parameter ${parameter.name}`);
    if (parameter.type === "permutation") {
      if (!Array.isArray(value)) throw new RangeError(`parameter ${parameter.name} is a permutation, not ${value}`);
      const places = value.map((item, at) => scalarMacro(parameter, `${parameter.name}_${at}`, item));
      return [...stringMacros(parameter, parameter.items), ...places];
    }
    const choices = parameter.type === "categorical" || parameter.type === "ordinal" ? parameter.values : [];
    if (choices.length > 0 && !choices.some((choice) => choice === value))
      throw new RangeError(`parameter ${parameter.name} has no value ${JSON.stringify(value)}`);
    if (choices.some(isFlag)) return flags(parameter, value, compiler);
    return [...stringMacros(parameter, choices), scalarMacro(parameter, parameter.name, value)];
  });
}
