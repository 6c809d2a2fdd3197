/** What `coordinator export` does. */
import { join } from "node:path";
import { readEnvironment } from "@kevo/core/config/environment.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { exportRun } from "../../export/export-run.ts";
import { resolveRun } from "../../lineage/queries/resolve.ts";
import { openReadOnly } from "../../lineage/read-only.ts";
import { print, printJson } from "../output.ts";
import type { ReadOptions } from "../read-options.ts";

export async function writePackage(run: string | undefined, options: ReadOptions & { out: string }): Promise<void> {
  const open = openReadOnly(options.db);
  try {
    const exported = await exportRun(open.db, resolveRun(open.db, run), options.out, {
      python: readEnvironment().KEVO_PYTHON,
    });
    if (options.json) return printJson(exported);
    print(`Exported run ${exported.run} of ${exported.kernel} to ${exported.out}:`);
    for (const file of exported.files) print(`  ${file}`);
    if (exported.unchecked !== null) print(`Not checked: ${exported.unchecked}`);
    else for (const { workload, why } of exported.checked ?? []) print(`Checked ${workload}: runs the kernel, ${why}`);
    for (const sentence of exported.reservations) print(sentence);
    print(`Check and time it yourself: python3 ${shellWord(join(exported.out, "loader.py"))}`);
  } finally {
    open.close();
  }
}
