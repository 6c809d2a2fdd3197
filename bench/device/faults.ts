/**
 * Faults on real devices in the middle of a run, one after the other: killed processes, a daemon, a device that fails
 * its health probe, and a row of illegal memory accesses. After each the lineage database must show that nothing was
 * lost or counted twice, and in the end the runs must complete. Run by `bench/h200/faults.sh`; prints a table of checks,
 * and ends with code 1 when one fails.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { breakerOf } from "./break-device.ts";
import { type Check, Checks } from "./checks.ts";
import { illegalAccesses } from "./faults-illegal.ts";
import { faultsInOneRun } from "./faults-in-one-run.ts";

const HELP = `Usage: node bench/device/faults.ts --out DIR [--kernel ID|PATH] [--workload NAME] [--time DURATION] [--control DIR]
       [--part both|illegal|run] [--no-recovery]

Needs two devices. --time: the duration of the run in which the faults happen. --control: the control folder of the tests'
fake runner, for a rehearsal without a GPU. --no-recovery: do not wait until the device serves again, which takes half a
minute.

Example: node bench/device/faults.ts --out results --workload ten-models/qwen3-0.6b/s4096 --time 130s`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    out: { type: "string" },
    kernel: { type: "string", default: "attention-forward" },
    workload: { type: "string", default: "ten-models/qwen3-0.6b/s4096" },
    time: { type: "string", default: "130s" },
    control: { type: "string" },
    part: { type: "string", default: "both" },
    recovery: { type: "boolean", default: true },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help || values.out === undefined) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else await main(values.out);

async function main(out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const { kernel, workload, time, control } = values;
  const write = (found: readonly Check[]) => {
    const conditions = { kernel: basename(kernel), workload, time };
    writeFileSync(join(out, "faults.json"), `${JSON.stringify({ ...conditions, checks: found }, null, 1)}\n`);
  };
  const checks = new Checks(write);
  const keep = (name: string) => (database: string) => copyFileSync(database, join(out, `${name}.db`));
  const request = { kernel, workload, time, recovery: values.recovery };
  const parts = {
    illegal: () => illegalAccesses(checks, keep("faults-illegal")),
    run: () => faultsInOneRun(request, breakerOf(control), checks, keep("faults-run")),
  };
  for (const [name, part] of Object.entries(parts)) {
    if (values.part !== "both" && values.part !== name) continue;
    try {
      await part();
    } catch (error) {
      checks.add("the script itself", false, String((error as Error).stack));
    }
  }
  console.log(checks.table());
  process.exitCode = checks.passed ? 0 : 1;
}
