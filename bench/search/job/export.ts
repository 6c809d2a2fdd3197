/** A job-like space as a file in Kernel Tuner's cache format, for other tuners: what was predicted says so. */
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { ParamValue } from "@kevo/proto/search-space.ts";
import type { JobSpace } from "./job-space.ts";

/** As Kernel Tuner writes it in keys. */
function text(value: ParamValue): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}

/** @param path ends in `.gz` to be compressed. @returns how many rows were measured, and how many predicted. */
export async function exportJobSpace(job: JobSpace, path: string): Promise<{ measured: number; predicted: number }> {
  const { space } = job;
  const names = space.parameters.map(({ name }) => name);
  const cache: Record<string, unknown> = {};
  const counts = { measured: 0, predicted: 0 };
  for (const genes of space.enumerated ?? []) {
    const config = space.decode(genes);
    const { time, isMeasured } = job.answer(genes);
    counts[isMeasured ? "measured" : "predicted"]++;
    const key = names.map((name) => text(config[name] as ParamValue)).join(",");
    cache[key] = { ...config, time: time ?? "CompilationFailedConfig", ...(!isMeasured && { predicted: true }) };
  }
  const file = {
    device_name: job.deviceName,
    kernel_name: job.kernelName,
    objective: "time",
    tune_params_keys: names,
    tune_params: Object.fromEntries(space.parameters.map(({ name, values }) => [name, values])),
    active_when: Object.fromEntries(
      space.parameters.flatMap(({ name, activeWhen }) => (activeWhen === undefined ? [] : [[name, activeWhen]])),
    ),
    cache,
  };
  const json = JSON.stringify(file);
  await writeFile(path, path.endsWith(".gz") ? gzipSync(json) : json);
  return counts;
}
