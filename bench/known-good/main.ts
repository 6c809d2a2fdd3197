/**
 * `npm run known-good -- KERNEL FOLDER…`: writes a kernel's `known-good.json`, with which its runs start, from stored
 * results: `coordinator lineage workloads --json`, `coordinator start --json`, and recorded spaces.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { KNOWN_FILE } from "@kevo/core/kernel/known-good.ts";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import { goodOf, knownGoodFile, resultsIn } from "./collect.ts";

const KERNELS = new URL("../../gpu-evaluator/kernels/", import.meta.url).pathname;
const HELP = "Usage: npm run known-good -- KERNEL FOLDER…    for example: attention-forward results/h100 results/h200";

async function main([id, ...folders]: readonly string[]): Promise<void> {
  if (id === undefined || folders.length === 0) throw new UserError(HELP, 2);
  const { definition } = await loadKernel(id, KERNELS);
  const results = [];
  for (const folder of folders) {
    for (const name of (await readdir(folder, { recursive: true })).toSorted()) {
      if (/\.json(\.gz)?$/.test(name)) results.push(...(await resultsIn(join(folder, name), definition)));
    }
  }
  const good = goodOf(openSpace(definition), definition, results);
  const path = join(KERNELS, id, KNOWN_FILE);
  await writeFile(path, knownGoodFile(good, definition));
  const devices = Map.groupBy(good, ({ device }) => device);
  for (const [device, of] of devices) console.log(`${device}: ${of.length} workloads`);
  console.log(`${basename(path)}: ${(await readFile(path)).length} bytes`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
