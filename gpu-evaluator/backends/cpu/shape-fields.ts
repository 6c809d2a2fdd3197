/** A workload's shape as the referee and the reference's program take it: `name=value`. */
import type { Workload } from "@kevo/proto/kernel.ts";

export function shapeFields({ shape }: Workload): string[] {
  return Object.entries(shape).map(([name, value]) => `${name}=${value}`);
}
