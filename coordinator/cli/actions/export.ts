/** What `coordinator export` does. */
import { exportRun } from "../../export/export-run.ts";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { print, printJson } from "../output.ts";
import type { ReadOptions } from "../read-options.ts";

export async function writePackage(run: string | undefined, options: ReadOptions & { out: string }): Promise<void> {
  const open = openReadOnly(options.db);
  try {
    const exported = await exportRun(open.db, resolveRun(open.db, run), options.out);
    if (options.json) return printJson(exported);
    print(`Exported run ${exported.run} of ${exported.kernel} to ${exported.out}:`);
    for (const file of exported.files) print(`  ${file}`);
    print(`Check it on this machine: python3 ${exported.out}/loader.py`);
  } finally {
    open.close();
  }
}
