/**
 * An exported C kernel for programs in C and C++: a header with one function, and a script that builds its library. The
 * function runs the configuration that was measured for a shape, and the kernel's default for every other shape.
 */
import { typedArguments } from "@kevo/core/kernel/arguments.ts";
import { languageOf } from "@kevo/core/kernel/names.ts";
import { C_TYPES } from "@kevo/gpu-evaluator/backends/cpu/entry-code.ts";
import { parameterArguments } from "@kevo/gpu-evaluator/backends/parameter-arguments.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { Config } from "@kevo/proto/search-space.ts";

/** A measured shape and what it runs. */
export interface Dispatched {
  readonly workload: string;
  readonly shape: Readonly<Record<string, number>>;
  readonly config: Config;
  /** File in `kernel/`. */
  readonly source: string;
}

/** By path in the exported folder. */
export function cLibrary(definition: KernelDefinition, dispatched: readonly Dispatched[]): Record<string, string> {
  const name = functionName(definition);
  const own = { workload: "", shape: {}, config: definition.default ?? {}, source: definition.source as string };
  const keyOf = ({ config, source }: Dispatched) => JSON.stringify([source, parameterArguments(definition, config)]);
  // The default is the first; each configuration is built once.
  const builds = [...new Map([own, ...dispatched].map((one) => [keyOf(one), one])).values()];
  const places = new Map(builds.map((one, at) => [keyOf(one), at]));
  return {
    [`${name}.h`]: header(definition, name),
    "runtime/dispatch.c": dispatch(
      definition,
      name,
      builds.length,
      (one) => places.get(keyOf(one)) as number,
      dispatched,
    ),
    "build.sh": buildScript(definition, name, builds),
  };
}

/** The kernel's id as C writes names. */
function functionName({ id }: KernelDefinition): string {
  const name = id.replaceAll("-", "_");
  return /^[0-9]/.test(name) ? `kernel_${name}` : name;
}

function sizesOf(definition: KernelDefinition): readonly string[] {
  return typedArguments(definition)?.sizes ?? Object.keys(definition.workloads[0]?.shape ?? {});
}

function signature(definition: KernelDefinition, name: string): string {
  const typed = typedArguments(definition);
  const parameters =
    typed === null
      ? [...sizesOf(definition).map((size) => `int64_t ${size}`), "const float *const inputs[]", "float *output"]
      : typed.all.map((one) =>
          "size" in one ? `int64_t ${one.size}` : `${one.isOutput ? "" : "const "}${C_TYPES[one.type]} *${one.name}`,
        );
  return `int ${name}(${parameters.join(", ")})`;
}

function header(definition: KernelDefinition, name: string): string {
  const halves = definition.arguments?.some(({ type }) => type === "f16" || type === "bf16");
  return `/*
 * ${definition.title.replaceAll("*/", "* /")}
 *
 * Runs the configuration that was measured for these sizes and returns 1; for sizes that were not measured it runs the
 * kernel's default configuration, unchecked, and returns 0. Arrays must be aligned to 64 bytes. One call at a time:
 * scratch memory and threads belong to the library.
 */
#ifndef ${name.toUpperCase()}_H
#define ${name.toUpperCase()}_H

#include <stdint.h>
${
  halves
    ? `#ifndef KEVO_H
typedef _Float16 kevo_f16;
typedef struct kevo_bf16 {
  uint16_t bits;
} kevo_bf16;
#endif
`
    : ""
}
#ifdef __cplusplus
extern "C" {
#endif

${signature(definition, name)};

#ifdef __cplusplus
}
#endif

#endif
`;
}

function dispatch(
  definition: KernelDefinition,
  name: string,
  count: number,
  placeOf: (one: Dispatched) => number,
  dispatched: readonly Dispatched[],
): string {
  const typed = typedArguments(definition);
  const sizes = sizesOf(definition);
  const inputs = typed === null ? "(const void *const *)inputs" : "arrays_in";
  const outputs = typed === null ? "(void *const[]){output}" : "arrays_out";
  const list = (names: readonly string[]) => (names.length === 0 ? "NULL" : names.join(", "));
  const call = (at: number) => `kevo_call_${at}(&shape, ${inputs}, ${outputs})`;
  const seen = new Set<string>();
  const cases = dispatched.flatMap((one) => {
    const condition = sizes.map((size) => `${size} == INT64_C(${one.shape[size] ?? 0})`).join(" && ");
    if (seen.has(condition)) return [];
    seen.add(condition);
    return [`  if (${condition || "1"}) return ${call(placeOf(one))}, 1; /* ${one.workload} */`];
  });
  return `/* Made by the export: which configuration a shape runs. build.sh builds them. */
#define _GNU_SOURCE
#include <sched.h>
#include "kevo.h"
#include "../${name}.h"

void kevo_set_cores(int count);
${Array.from({ length: count }, (_, at) => `void kevo_call_${at}(const kevo_shape *shape, const void *const inputs[], void *const outputs[]);`).join("\n")}

${signature(definition, name)} {
  static int cores;
  if (cores == 0) {
    cpu_set_t allowed;
    cores = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
    kevo_set_cores(cores);
  }
  const kevo_shape shape = {.count = ${sizes.length}, .sizes = {${sizes.map((size) => `{"${size}", ${size}}`).join(", ")}}};
${
  typed === null
    ? ""
    : `  const void *const arrays_in[] = {${list(typed.inputs.map((one) => one.name))}};
  void *const arrays_out[] = {${list(typed.outputs.map((one) => one.name))}};
`
}${cases.join("\n")}
  return ${call(0)}, 0;
}
`;
}

function buildScript(definition: KernelDefinition, name: string, builds: readonly Dispatched[]): string {
  const isCpp = languageOf(definition.source as string) === "C++";
  const flags = builds.flatMap(({ config }) => parameterArguments(definition, config));
  // What a compiler's flag needs of the linker too, such as -fopenmp.
  const linked = [
    ...new Set(flags.filter((flag) => /^-f(openmp|lto|sanitize)/.test(flag) && !flag.startsWith("-flto"))),
  ];
  const libraries = [...linked, ...(isCpp ? ["-lstdc++"] : []), "-lm", "-pthread"].join(" ");
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const compiler = isCpp ? `\${CXX:-c++} -std=gnu++17` : `\${CC:-cc} -std=gnu17`;
  return `#!/bin/sh
# Builds lib${name}.a for this machine. Use it with: cc program.c -I. -L. -l${name} ${libraries}
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $(uname -m) in x86_64 | i?86) native=-march=native ;; *) native=-mcpu=native ;; esac
common="-fPIC -w -pthread -I runtime -I kernel${definition.arguments === undefined ? "" : " -DKEVO_ARGUMENTS"}"

# configuration NUMBER FILE ARGUMENT...: the same names in two configurations do not meet.
configuration() {
  number=$1 file=$2
  shift 2
  ${compiler} $common -O3 $native "$@" -fno-lto -c "kernel/$file" -o "$work/kernel.o"
  ld -r "$work/kernel.o" "$work/entry.o" -o "$work/configuration-$number.o"
  objcopy --redefine-sym "kevo_call=kevo_call_$number" "$work/configuration-$number.o"
  objcopy --keep-global-symbol="kevo_call_$number" "$work/configuration-$number.o"
}

for part in entry kevo_export team dispatch; do
  \${CC:-cc} -std=gnu17 $common -O2 -DKEVO_NO_PINNING -DKEVO_EXPORT_LIBRARY -c "runtime/$part.c" -o "$work/$part.o"
done
${builds
  .map(
    (one, at) =>
      `configuration ${at} ${[one.source, ...parameterArguments(definition, one.config)].map(quoted).join(" ")}`,
  )
  .join("\n")}
rm "$work/kernel.o" "$work/entry.o"
rm -f lib${name}.a
ar rcs lib${name}.a "$work"/*.o
echo "Built lib${name}.a. Link a program with: -I. -L. -l${name} ${libraries}"
`;
}
