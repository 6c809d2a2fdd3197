/** Where a serving stack looks for the tuned file of a shape. */
import type { Stack } from "./format.ts";

export interface TunedShape {
  readonly experts: number;
  /** Intermediate size of one expert on one device. */
  readonly intermediate: number;
  /** As the driver names it: `NVIDIA H100 80GB HBM3`. */
  readonly device: string;
  /** `fp8_w8a8`, …; null for bfloat16 and float16. */
  readonly dtype: string | null;
  readonly blockShape: readonly [number, number] | null;
}

/** SGLang reads a second file for the product that leads back to the hidden size. */
export type Product = "both" | "down";

/** The path below the stack's folder of configurations (vLLM: also `VLLM_TUNED_CONFIG_FOLDER`). */
export function tunedPath(stack: Stack, shape: TunedShape, tritonVersion: string, product: Product = "both"): string {
  const name = tunedName(stack, shape, product);
  return stack === "vllm" ? name : `triton_${tritonVersion.replaceAll(".", "_")}/${name}`;
}

function tunedName(stack: Stack, { experts, intermediate, device, dtype, blockShape }: TunedShape, product: Product) {
  const between = stack === "vllm" ? "," : ", ";
  const parts = [
    `E=${experts}`,
    `N=${intermediate}`,
    `device_name=${device.replaceAll(" ", "_")}`,
    ...(dtype === null ? [] : [`dtype=${dtype}`]),
    ...(blockShape === null ? [] : [`block_shape=[${blockShape.join(between)}]`]),
  ];
  return `${parts.join(",")}${product === "down" ? "_down" : ""}.json`;
}

const NAME =
  /^E=(?<experts>\d+),N=(?<intermediate>\d+),device_name=(?<device>[^,]+)(?:,dtype=(?<dtype>[^,]+))?(?:,block_shape=\[(?<rows>\d+), ?(?<columns>\d+)\])?(?<down>_down)?\.json$/;

/** What a file's name says; null where it is named in another way. Spaces of the device stay underscores. */
export function parseTunedName(name: string): (TunedShape & { readonly product: Product }) | null {
  const found = NAME.exec(name)?.groups;
  if (found === undefined) return null;
  const { experts, intermediate, device = "", dtype = null, rows, columns, down } = found;
  return {
    experts: Number(experts),
    intermediate: Number(intermediate),
    device,
    dtype,
    blockShape: rows === undefined ? null : [Number(rows), Number(columns)],
    product: down === undefined ? "both" : "down",
  };
}
