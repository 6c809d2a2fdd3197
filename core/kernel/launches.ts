/** Checks how a CUDA kernel is launched, as far as that can be told without its source. */
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { UserError } from "../errors/user-error.ts";
import { parseExpression } from "../search-space/expression/expression.ts";

/** @throws UserError (code 2) on launches that are missing or belong to another backend, and on a wrong expression. */
export function checkLaunches(definition: KernelDefinition): void {
  const { backends, launches, scratch, constants = [], parameters, workloads } = definition;
  if (!backends.includes("cuda")) {
    const stray = (["launches", "scratch", "constants"] as const).find((field) => definition[field] !== undefined);
    if (stray !== undefined)
      throw new UserError(`${stray}: only kernels of the CUDA backend have them; remove them.`, 2);
    return;
  }
  if (launches === undefined) {
    throw new UserError(
      "launches: a kernel of the CUDA backend needs them: for each launch its kernel, grid, block and arguments.",
      2,
    );
  }
  const [first, ...others] = workloads.map(({ name, shape }) => ({ name, sizes: Object.keys(shape).sort() }));
  const sizes = first?.sizes ?? [];
  const different = others.find((one) => one.sizes.join() !== sizes.join());
  if (different !== undefined) {
    throw new UserError(
      `workloads: ${different.name} has the sizes ${different.sizes.join(", ")}, but ${first?.name} has ${sizes.join(", ")}; give all shapes the same.`,
      2,
    );
  }
  const twice = sizes.find((size) => parameters.some(({ name }) => name === size));
  if (twice !== undefined)
    throw new UserError(`parameter ${twice}: a size of the shape has this name too; rename one.`, 2);
  const known = new Set([...parameters.map(({ name }) => name), ...sizes]);
  const check = (amount: string | number, label: string) => {
    if (typeof amount === "string") parseExpression(amount, known, label, "known name");
  };
  const unknown = constants.find((name) => !sizes.includes(name));
  if (unknown !== undefined)
    throw new UserError(`constants: ${unknown} is no size of the shapes, which have ${sizes.join(", ")}.`, 2);
  for (const { kernel, grid, block, sharedBytes, arguments: given } of launches) {
    for (const amount of grid) check(amount, `launches: grid of ${kernel}`);
    for (const amount of block) check(amount, `launches: block of ${kernel}`);
    check(sharedBytes, `launches: sharedBytes of ${kernel}`);
    for (const one of given) {
      if (typeof one === "string") continue;
      const label = `launches: the map of ${one.map}`;
      if (one.box.length !== one.order.length)
        throw new UserError(`${label} has ${one.order.length} dimensions, but a box of ${one.box.length}.`, 2);
      for (const amount of [...one.box, one.swizzle]) check(amount, label);
    }
  }
  for (const [name, { count }] of Object.entries(scratch ?? {})) check(count, `scratch: count of ${name}`);
}
