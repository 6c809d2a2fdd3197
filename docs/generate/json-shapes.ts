/** The output of each command's `--json`, observed on three small runs that are stored beside this file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { coordinator } from "@kevo/coordinator/cli/program.ts";
import { runResult } from "@kevo/coordinator/result/result.ts";
import { shapeOfSchema, shapeOfValues } from "./shape.ts";

const EXAMPLE = new URL("example.db.gz", import.meta.url);
/** A kernel in C that migrates; one with islands for each workload and a language model; two devices in replay. */
const [SMALL, WORKLOADS, DEVICES] = [
  "20261126-vector-scale-cpu-ea37",
  "20261126-attention-cpu-8b9f",
  "20261126-bowl-f576",
] as const;
const RUNS = [[SMALL], [WORKLOADS], [DEVICES]];

const CALLS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  runs: [[]],
  evaluators: RUNS,
  "lineage best": RUNS,
  "lineage top": RUNS,
  "lineage workloads": [[WORKLOADS, "--samples"]],
  "lineage show": RUNS,
  "lineage ancestors": RUNS,
  "lineage descendants": RUNS.map(([run]) => [`${run}/0/0/0`]),
  "lineage diff": RUNS.map(([run]) => [`${run}/0/0/0`, `${run}`]),
  "lineage islands": RUNS,
  "lineage migrations": RUNS,
  "lineage failures": RUNS,
  "lineage spend": RUNS,
};

export async function jsonShapes(): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "kevo-docs-"));
  const db = join(folder, "lineage.db");
  writeFileSync(db, gunzipSync(readFileSync(EXAMPLE)));
  try {
    const shapes = new Map([["coordinator start", shapeOfSchema(runResult)]]);
    for (const [command, calls] of Object.entries(CALLS)) {
      const values: unknown[] = [];
      for (const call of calls) values.push(await answer([...command.split(" "), ...call, "--db", db, "--json"]));
      shapes.set(`coordinator ${command}`, shapeOfValues(values));
    }
    return shapes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Standard output of a command of this process, as JSON. */
async function answer(args: readonly string[]): Promise<unknown> {
  const { write } = process.stdout;
  let output = "";
  process.stdout.write = (text: string | Uint8Array) => {
    output += text;
    return true;
  };
  try {
    await coordinator().parseAsync([...args], { from: "user" });
  } finally {
    process.stdout.write = write;
  }
  return JSON.parse(output);
}
