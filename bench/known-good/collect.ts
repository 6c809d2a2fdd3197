/** The best configurations that stored results name, for each workload and device model. */
import { readFile } from "node:fs/promises";
import { parseJson } from "@kevo/core/config/json.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { KnownGoodFile } from "@kevo/core/kernel/known-good.ts";
import { loadRecordedSpace } from "@kevo/core/recorded-space/recorded-space.ts";
import { type Genes, openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import { type Config, config } from "@kevo/proto/search-space.ts";
import { z } from "zod";

/** Configurations that are kept of a workload and device: at most so many, all within this factor of the fastest. */
const KEPT = 4;
const WITHIN = 1.05;
/** The fastest of a recording's thousands are partly luck, but so many of them are worth another measurement. */
const OF_RECORDING = 2;

/** One configuration's time. */
export interface StoredResult {
  readonly workload: string;
  readonly device: string;
  readonly config: Config;
  readonly time: number;
}

const cell = z.object({ workload: z.string(), time_us: z.number().positive(), config });
/** As `coordinator lineage workloads --json` writes it. */
const cells = z.object({ kernel: z.string(), device: z.string(), cells: z.array(cell) });

/** Results of the kernel in one file; none where it is about something else. */
export async function resultsIn(path: string, definition: KernelDefinition): Promise<StoredResult[]> {
  if (path.endsWith(".gz")) return path.includes("samples") ? [] : await ofRecording(path, definition);
  const found = cells.safeParse(parseJson(await readFile(path, "utf8")));
  if (!found.success || found.data.kernel !== definition.id) return [];
  const { device } = found.data;
  return found.data.cells.map(({ workload, time_us: time, config }) => ({ workload, device, config, time }));
}

async function ofRecording(path: string, { id, workloads }: KernelDefinition): Promise<StoredResult[]> {
  const recorded = await loadRecordedSpace(path);
  // "KERNEL WORKLOAD", as `coordinator record` writes it.
  const [kernel, workload = ""] = recorded.kernelName.split(" ");
  if (kernel !== id || !workloads.some(({ name }) => name === workload)) return [];
  const space = openSpace(recorded.definition);
  const device = recorded.deviceName;
  const results = (space.enumerated ?? []).flatMap((genes): StoredResult[] => {
    const config = space.decode(genes);
    const time = recorded.lookup(config)?.time_ms ?? null;
    return time === null ? [] : [{ workload, device, config, time: 1000 * time }];
  });
  return results.sort((a, b) => a.time - b.time).slice(0, OF_RECORDING);
}

interface Good {
  readonly workload: string;
  readonly device: string;
  /** The fastest first. */
  readonly rows: readonly Genes[];
  readonly space: SearchSpace;
}

/** Twins taken together, what is no longer in the space left out; workloads in the definition's order. */
export function goodOf(space: SearchSpace, definition: KernelDefinition, results: readonly StoredResult[]): Good[] {
  const good: Good[] = [];
  for (const [device, ofDevice] of Map.groupBy(results, (result) => result.device)) {
    for (const { name: workload } of definition.workloads) {
      const found = new Map<number | string, { genes: Genes; time: number }>();
      for (const { config, time } of ofDevice.filter((result) => result.workload === workload)) {
        const genes = genesOf(space, { ...definition.default, ...config });
        if (genes === null) continue;
        const key = space.keyOf(genes);
        found.set(key, { genes, time: Math.min(time, found.get(key)?.time ?? Number.POSITIVE_INFINITY) });
      }
      const ranked = [...found.values()].sort((a, b) => a.time - b.time);
      const limit = WITHIN * (ranked[0]?.time ?? 0);
      const rows = ranked.filter(({ time }) => time <= limit).slice(0, KEPT);
      if (rows.length > 0) good.push({ workload, device, rows: rows.map(({ genes }) => genes), space });
    }
  }
  return good;
}

function genesOf(space: SearchSpace, config: Config): Genes | null {
  try {
    const genes = space.encode(config);
    return space.isValid(genes) ? genes : null;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** The text of the file: each configuration once, one on a line. */
export function knownGoodFile(good: readonly Good[], { parameters }: KernelDefinition): string {
  const names = parameters.map(({ name }) => name);
  const places = new Map<string, number>();
  const entries = good.map(({ workload, device, rows, space }): KnownGoodFile["good"][number] => ({
    workload,
    device,
    configurations: rows.map((genes) => {
      const config = space.decode(genes);
      const text = JSON.stringify(names.map((name) => config[name]));
      if (!places.has(text)) places.set(text, places.size);
      return places.get(text) as number;
    }),
  }));
  const list = (lines: readonly string[]) => `[\n    ${lines.join(",\n    ")}\n  ]`;
  return [
    "{",
    `  "parameters": ${JSON.stringify(names)},`,
    `  "configurations": ${list([...places.keys()])},`,
    `  "good": ${list(entries.map((entry) => JSON.stringify(entry)))}`,
    "}\n",
  ].join("\n");
}
