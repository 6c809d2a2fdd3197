/**
 * The code between the evaluator, which knows a kernel's arrays by number, and functions with the arguments that
 * kernel.json lists. `native/entry.h` says what it implements.
 */
import { type ArrayArgument, type Output, type TypedArguments, weightOf } from "@kevo/core/kernel/arguments.ts";
import type { ElementType, KernelDefinition } from "@kevo/proto/kernel.ts";

export const C_TYPES: Readonly<Record<ElementType, string>> = {
  ...{ f64: "double", f32: "float", f16: "kevo_f16", bf16: "kevo_bf16" },
  ...{ i64: "int64_t", i32: "int32_t", i16: "int16_t", i8: "int8_t" },
  ...{ u64: "uint64_t", u32: "uint32_t", u16: "uint16_t", u8: "uint8_t" },
};

/** What the definition's arguments are in C. Names of files are those that the others include. */
export interface EntryCode {
  readonly "kevo-arguments.h": string;
  readonly "entry.c": string;
  readonly "reference-entry.c": string;
}

export function entryCode(definition: KernelDefinition, typed: TypedArguments): EntryCode {
  return {
    "kevo-arguments.h": header(typed),
    "entry.c": entry(typed),
    "reference-entry.c": referenceEntry(typed, (output) => weightOf(output, definition)),
  };
}

const isFloat = ({ type }: ArrayArgument) => ["f64", "f32", "f16", "bf16"].includes(type);
/** A right answer is in double precision. */
const answerType = (array: ArrayArgument) => (isFloat(array) ? "double" : C_TYPES[array.type]);

/** What the kernel's source and its reference implement, as C declares it. */
export function prototypes({ all, sizes, inputs }: TypedArguments): { kernel: string; reference: readonly string[] } {
  const parameter = (output: (array: ArrayArgument) => string) => (one: TypedArguments["all"][number]) => {
    if ("size" in one) return `int64_t ${one.size}`;
    return one.isOutput ? `${output(one)} *${one.name}` : `const ${C_TYPES[one.type]} *${one.name}`;
  };
  const made = [
    ...sizes.map((name) => `int64_t ${name}`),
    "uint64_t seed",
    ...inputs.map(({ name, type }) => `${C_TYPES[type]} *${name}`),
  ];
  return {
    kernel: `void kevo_kernel(${all.map(parameter(({ type }) => C_TYPES[type])).join(", ")})`,
    reference: [
      `void kevo_inputs(${made.join(", ")})`,
      `void kevo_reference(${all.map(parameter(answerType)).join(", ")})`,
    ],
  };
}

function header(typed: TypedArguments): string {
  const halves = typed.all.some((one) => "type" in one && one.type === "f16");
  const { kernel, reference } = prototypes(typed);
  return lines(
    "/* Made from the arguments in kernel.json. kevo.h includes it. */",
    ...(halves
      ? [
          "#ifndef __FLT16_MAX__",
          '#error "this compiler has no _Float16, which arguments of type f16 need"',
          "#endif",
          "",
        ]
      : []),
    "/* The kernel's source implements: */",
    `${kernel};`,
    "",
    "/* The reference implements: inputs from a seed, and the right answers, zero at the start. */",
    ...reference.map((prototype) => `${prototype};`),
  );
}

function entry({ all, sizes, inputs, outputs }: TypedArguments): string {
  const values = all.map((one) => {
    if ("size" in one) return one.size;
    const at = (one.isOutput ? outputs : inputs).indexOf(one);
    return one.isOutput ? `(${C_TYPES[one.type]} *)outputs[${at}]` : `(const ${C_TYPES[one.type]} *)inputs[${at}]`;
  });
  return lines(
    '#include "entry.h"',
    "",
    "void kevo_call(const kevo_shape *shape, const void *const inputs[], void *const outputs[]) {",
    ...sizeVariables(sizes),
    `  (void)shape, (void)inputs;`,
    `  kevo_kernel(${values.join(", ")});`,
    "}",
  );
}

function referenceEntry({ all, sizes, inputs, outputs }: TypedArguments, weight: (output: Output) => number): string {
  const unused = ["shape", ...sizes].map((name) => `(void)${name}`).join(", ");
  const answers = all.map((one) => {
    if ("size" in one) return one.size;
    if (one.isOutput) return `(${answerType(one)} *)answers[${outputs.indexOf(one)}]`;
    return `(const ${C_TYPES[one.type]} *)inputs[${inputs.indexOf(one)}]`;
  });
  const made = [...sizes, "seed", ...inputs.map(({ type }, at) => `(${C_TYPES[type]} *)inputs[${at}]`)];
  return lines(
    '#include "entry.h"',
    "",
    "void kevo_arrays_of(const kevo_shape *shape, kevo_arrays *arrays) {",
    ...sizeVariables(sizes),
    `  ${unused};`,
    `  arrays->inputs = ${inputs.length};`,
    `  arrays->outputs = ${outputs.length};`,
    ...[...inputs, ...outputs].map((array, at) => {
      const fields = [
        `.count = (uint64_t)(${array.count.c})`,
        `.type = KEVO_${array.type.toUpperCase()}`,
        ...(array.isOutput ? [`.weight = ${weight(array).toExponential(17)}`] : []),
      ];
      return `  arrays->array[${at}] = (kevo_array){${fields.join(", ")}};`;
    }),
    "}",
    "",
    "void kevo_make_inputs(const kevo_shape *shape, uint64_t seed, void *const inputs[]) {",
    ...sizeVariables(sizes),
    "  (void)shape, (void)inputs;",
    `  kevo_inputs(${made.join(", ")});`,
    "}",
    "",
    "void kevo_make_answers(const kevo_shape *shape, const void *const inputs[], void *const answers[]) {",
    ...sizeVariables(sizes),
    "  (void)shape, (void)inputs;",
    `  kevo_reference(${answers.join(", ")});`,
    "}",
  );
}

const sizeVariables = (sizes: readonly string[]) =>
  sizes.map((name) => `  const int64_t ${name} = kevo_size(shape, "${name}");`);

const lines = (...text: readonly string[]) => `${text.join("\n")}\n`;
