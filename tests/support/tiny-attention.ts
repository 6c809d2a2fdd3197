/** The naive attention kernel on a workload of some ten microseconds, for tests that are not about its times. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const NAIVE = fileURLToPath(new URL("../../gpu-evaluator/kernels/attention-cpu-naive", import.meta.url));

/** Writes it into `folder`, which it creates. @returns the folder; the workload is named `tiny` */
export function tinyAttention(folder: string): string {
  cpSync(NAIVE, folder, { recursive: true });
  const file = join(folder, "kernel.json");
  const definition = JSON.parse(readFileSync(file, "utf8"));
  const shape = { heads: 1, length: 64, width: 64 };
  definition.workloads = [{ name: "tiny", shape, flops: 532_480, bytes: 65_536 }];
  writeFileSync(file, JSON.stringify(definition));
  return folder;
}
