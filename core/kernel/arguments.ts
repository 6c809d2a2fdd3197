/** What the functions of a C kernel take, and how exact each of its outputs has to be. */
import type { ElementType, KernelArgument, KernelDefinition } from "@kevo/proto/kernel.ts";
import type { UserError } from "../errors/user-error.ts";
import { type Count, parseCount } from "./count.ts";
import { checkName, type Language, languageOf } from "./names.ts";

/** As `native/kevo.h`. */
const MAX = { size: 16, input: 8, output: 8 } as const;

/** Where nobody says better: some roundings of a sum in this type. Integers are exact. */
const TOLERANCE: Readonly<Partial<Record<ElementType, number>>> = { f64: 1e-12, f32: 1e-5, f16: 2e-3, bf16: 1e-2 };

export interface ArrayArgument {
  readonly name: string;
  readonly type: ElementType;
  readonly count: Count;
  readonly isOutput: boolean;
  /** Of an output of floating-point numbers; null for all others. */
  readonly tolerance: number | null;
}

export interface TypedArguments {
  /** In the order of the C function. */
  readonly all: readonly ({ readonly size: string } | ArrayArgument)[];
  readonly sizes: readonly string[];
  readonly inputs: readonly ArrayArgument[];
  readonly outputs: readonly ArrayArgument[];
}

/** Null where the kernel lists none. @throws UserError (code 2) on a count that is none. */
export function typedArguments({
  arguments: given,
  tolerance,
}: Pick<KernelDefinition, "arguments" | "tolerance">): TypedArguments | null {
  if (given === undefined) return null;
  const sizes = given.filter(({ type }) => type === "size").map(({ name }) => name);
  const known = new Set(sizes);
  const all = given.map((one) => {
    if (one.type === "size") return { size: one.name };
    const usual = TOLERANCE[one.type] ?? null;
    return {
      ...{ name: one.name, type: one.type, isOutput: one.output },
      count: parseCount(one.count, known, `arguments: count of ${one.name}`),
      tolerance: one.output && usual !== null ? (one.tolerance ?? tolerance?.relative_l2 ?? usual) : null,
    };
  });
  const arrays = all.filter((one) => "type" in one);
  return { all, sizes, inputs: arrays.filter((one) => !one.isOutput), outputs: arrays.filter((one) => one.isOutput) };
}

export interface Output {
  readonly name: string;
  /** Null for integers, which are exact. */
  readonly tolerance: number | null;
}

/** In their order; one without `arguments`. */
export function outputsOf(definition: KernelDefinition): readonly Output[] {
  const typed = typedArguments(definition);
  return (
    typed?.outputs ?? [{ name: "output", tolerance: definition.tolerance?.relative_l2 ?? (TOLERANCE.f32 as number) }]
  );
}

/** What errors are held against: that of the first output that has one. Other outputs' errors are scaled to it. */
export function toleranceOf(definition: KernelDefinition): number {
  return outputsOf(definition).find(({ tolerance }) => tolerance !== null)?.tolerance ?? (TOLERANCE.f32 as number);
}

/** By which an output's error is multiplied before it is held against `toleranceOf`. */
export function weightOf({ tolerance }: Output, definition: KernelDefinition): number {
  return tolerance === null ? 1 : toleranceOf(definition) / tolerance;
}

/** @throws UserError (code 2) on arguments that no C function can take, or that do not fit the workloads. */
export function checkArguments(definition: KernelDefinition, wrong: (what: string) => UserError): void {
  const { arguments: given, workloads, parameters, backends } = definition;
  if (given === undefined) return;
  if (!backends.includes("cpu")) throw wrong("arguments: only kernels of the CPU backend have them; remove them.");
  const typed = typedArguments(definition) as TypedArguments;
  // Both files implement functions with these arguments.
  const isCpp = [definition.source, definition.reference].some((file) => file !== null && languageOf(file) === "C++");
  checkNames(given, new Set(parameters.map(({ name }) => name)), isCpp ? "C++" : "C", wrong);
  const counts = { size: typed.sizes.length, input: typed.inputs.length, output: typed.outputs.length };
  if (counts.output === 0)
    throw wrong('arguments: no array is an output; add "output": true to what the kernel writes.');
  for (const [kind, most] of Object.entries(MAX) as [keyof typeof MAX, number][]) {
    if (counts[kind] > most) throw wrong(`arguments: ${counts[kind]} ${kind}s; at most ${most} are possible.`);
  }
  for (const one of given) {
    if (one.type === "size" || one.tolerance === undefined) continue;
    if (!one.output || TOLERANCE[one.type] === undefined)
      throw wrong(
        `arguments: ${one.name} has a tolerance, which only outputs of floating-point numbers have; remove it.`,
      );
  }
  for (const { name, shape } of workloads) {
    const missing = typed.sizes.find((size) => shape[size] === undefined);
    if (missing !== undefined)
      throw wrong(`workload ${name}: its shape has no size ${missing}, which is an argument; add it.`);
    const extra = Object.keys(shape).find((size) => !typed.sizes.includes(size));
    if (extra !== undefined)
      throw wrong(
        `workload ${name}: its shape has the size ${extra}, which is no argument; add it to the arguments with the type "size", or remove it.`,
      );
    for (const array of [...typed.inputs, ...typed.outputs]) {
      const count = array.count.of(shape);
      if (!Number.isFinite(count))
        throw wrong(`workload ${name}: the count of ${array.name} divides by zero; correct it.`);
      if (!Number.isSafeInteger(count) || count < 1)
        throw wrong(`workload ${name}: ${array.name} would have ${count} elements; correct its count or the shape.`);
    }
  }
}

function checkNames(
  given: readonly KernelArgument[],
  parameters: ReadonlySet<string>,
  language: Language,
  wrong: (what: string) => UserError,
): void {
  const seen = new Set<string>();
  for (const { name } of given) {
    if (seen.has(name)) throw wrong(`arguments: the name ${name} occurs twice.`);
    if (parameters.has(name))
      throw wrong(`arguments: ${name} is also a parameter, and so a macro; rename one of them.`);
    if (name === "seed") throw wrong("arguments: the name seed is taken by what kevo_inputs gets; choose another.");
    checkName(name, language, "argument");
    seen.add(name);
  }
}
