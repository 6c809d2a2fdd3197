/** Places in the arrays of a process, as the referee tells them, and their description. */
import { type ArrayArgument, typedArguments } from "@kevo/core/kernel/arguments.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";

export interface Place {
  readonly isInput: boolean;
  /** Number of the array among the inputs or the outputs. */
  readonly array: number;
  /** From the array's beginning; negative before it. */
  readonly bytes: number;
  readonly sizeBytes: number;
}

/** @param fields as `print_place` in `native/referee.h` */
export function readPlace([kind, ...numbers]: readonly string[]): Place {
  const [array = 0, bytes = 0, sizeBytes = 0] = numbers.map(Number);
  return { isInput: kind === "input", array, bytes, sizeBytes };
}

/** `4 bytes after the end of the output y`, or `element 7 of the input x`. */
export function describePlace(place: Place, definition: KernelDefinition): string {
  const { bytes, sizeBytes } = place;
  const { name, elementBytes } = arrayAt(place, definition);
  const number = (value: number) => value.toLocaleString("en");
  if (bytes < 0) return `${number(-bytes)} bytes before ${name}`;
  if (bytes >= sizeBytes && bytes - sizeBytes < elementBytes) return `just after the end of ${name}`;
  if (bytes >= sizeBytes) return `${number(bytes - sizeBytes)} bytes after the end of ${name}`;
  return `element ${Math.floor(bytes / elementBytes)} of ${name}`;
}

function arrayAt({ isInput, array }: Place, definition: KernelDefinition): { name: string; elementBytes: number } {
  const typed = typedArguments(definition);
  // Without `arguments` the arrays have no names, and hold floats.
  if (typed === null) return { name: isInput ? `inputs[${array}]` : "the output", elementBytes: 4 };
  const found: ArrayArgument | undefined = (isInput ? typed.inputs : typed.outputs)[array];
  const bits = Number(found?.type.replace(/\D+/, ""));
  return { name: `the ${isInput ? "input" : "output"} ${found?.name ?? array}`, elementBytes: bits / 8 || 4 };
}
