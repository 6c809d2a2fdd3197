/** What recordings of a part of a kernel's space say about the kernel's configurations, twins taken together. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KnownConfiguration } from "@kevo/core/kernel/known-good.ts";
import { type KernelPackage, listKernels, loadKernel } from "@kevo/core/kernel/load.ts";
import { loadRecordedSpace, type RecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { type Genes, openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";

const KERNELS = fileURLToPath(new URL("../../../gpu-evaluator/kernels/", import.meta.url));

export interface Measured {
  readonly genes: Genes;
  /** Milliseconds of each measurement; empty where all failed. */
  readonly times: readonly number[];
}

export interface MeasuredSpace {
  /** The kernel's, as far as the recording device can run it. */
  readonly space: SearchSpace;
  /** The same without its conditions: twins are different configurations there. */
  readonly withTwins: SearchSpace;
  /** The kernel's, as far as the recording device can run it, and which of its workloads was measured. */
  readonly definition: KernelDefinition;
  readonly workload: string;
  readonly known: readonly KnownConfiguration[];
  readonly kernelName: string;
  readonly deviceName: string;
  /** By `space`'s keys. */
  readonly measured: ReadonlyMap<number | string, Measured>;
  /** Measurements, before twins are taken together. */
  readonly rows: number;
}

/** @param folder of recordings (`.json.gz`) of one kernel and workload. @throws UserError */
export async function readMeasured(folder: string): Promise<MeasuredSpace> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.json(\.gz)?$/.test(name)).toSorted();
  if (names.length === 0) throw new UserError(`--job ${folder}: there are no recordings (.json.gz)`, 2);
  const recordings = await Promise.all(names.map((name) => loadRecordedSpace(join(folder, name))));
  const [first] = recordings as [RecordedSpace];
  if (recordings.some(({ kernelName }) => kernelName !== first.kernelName)) {
    throw new UserError(`--job ${folder}: the recordings are of different kernels or workloads`, 2);
  }
  // "KERNEL WORKLOAD", as `coordinator record` writes it.
  const [kernel = "", workload = ""] = first.kernelName.split(" ");
  const { definition: whole, known } = await readKernel(kernel);
  const definition = withRecordedValues(whole, recordings);
  const space = openSpace(definition);
  const parameters = definition.parameters.map(({ activeWhen: _, ...parameter }) => parameter);
  const withTwins = openSpace({ ...definition, parameters });
  const measured = new Map<number | string, { genes: Genes; times: number[] }>();
  let rows = 0;
  for (const recorded of recordings) {
    const own = openSpace(recorded.definition);
    for (const member of own.enumerated ?? []) {
      const config = own.decode(member);
      const genes = space.encode(config);
      if (!space.isValid(genes)) continue;
      rows++;
      const key = space.keyOf(genes);
      const known = measured.get(key) ?? { genes, times: [] };
      const time = recorded.lookup(config)?.time_ms ?? null;
      if (time !== null) known.times.push(time);
      measured.set(key, known);
    }
  }
  const { kernelName, deviceName } = first;
  return { space, withTwins, definition, workload, known, kernelName, deviceName, measured, rows };
}

async function readKernel(name: string): Promise<KernelPackage> {
  if (!(await listKernels(KERNELS)).includes(name)) {
    throw new UserError(`--job: the recordings are of ${name}, which is not a kernel of this project`, 2);
  }
  return await loadKernel(name, KERNELS);
}

/** Without the values that the recording device cannot run. */
function withRecordedValues(definition: KernelDefinition, recordings: readonly RecordedSpace[]): KernelDefinition {
  const parameters = definition.parameters.map((parameter) => {
    if (!("values" in parameter)) return parameter;
    const recorded = new Set(
      recordings.flatMap(({ definition: { parameters } }) => {
        const same = parameters.find(({ name }) => name === parameter.name);
        return same !== undefined && "values" in same ? same.values : [];
      }),
    );
    const { requires: _, ...rest } = parameter;
    return { ...rest, values: parameter.values.filter((value) => recorded.has(value)) };
  });
  return { ...definition, parameters };
}
