/**
 * The same run on one GPU, on two lanes of one daemon, and on two daemons with one GPU each: evaluations a minute, how
 * busy each device is, and the load of the processors meanwhile. Run by `bench/h200/scaling.sh`; the last line of
 * standard output is JSON, which OUT/scaling.json also contains after every arm.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type ArmMeasurement, type ArmRequest, measureArm } from "./scaling-arm.ts";

const HELP = `Usage: node bench/device/scaling.ts --out DIR [--kernel ID|PATH] [--workload PATTERN] [--evaluations N] [--from N]
       [--seed N] [--arms 1,2,3]

Runs the default search with one seed and one budget in each arm, and compares evaluations FROM to N of each run, when
every device has its references and the run still continues. Each arm starts without compiled code. Arms: 1 one GPU, 2 one
daemon with two lanes, 3 two daemons, 4 two daemons that share no compiled code; an arm may be chosen twice. Ratios are
relative to the first chosen arm. Finalists are not measured again.

Example: node bench/device/scaling.ts --out results --workload 'ten-models/*/s4096' --evaluations 1000 --from 200`;

const ARMS: readonly { readonly name: string; readonly daemons: readonly string[]; readonly apart: boolean }[] = [
  { name: "one GPU", daemons: ["0"], apart: false },
  { name: "one daemon, two lanes", daemons: ["0,1"], apart: false },
  { name: "two daemons, one GPU each", daemons: ["0", "1"], apart: false },
  { name: "two daemons that share no compiled code", daemons: ["0", "1"], apart: true },
];

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    kernel: { type: "string", default: "attention-forward" },
    workload: { type: "string", default: "ten-models/*/s4096" },
    evaluations: { type: "string", default: "1000" },
    from: { type: "string", default: "200" },
    seed: { type: "string", default: "7" },
    arms: { type: "string", default: "1,2,3" },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help || values.out === undefined) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else await compareArms(values.out);

async function compareArms(out: string): Promise<void> {
  const { kernel, workload, seed } = values;
  const request: ArmRequest = {
    kernel,
    workload,
    seed,
    evaluations: Number(values.evaluations),
    from: Number(values.from),
  };
  mkdirSync(out, { recursive: true });
  const arms: (ArmMeasurement & { name: string; ratio: number; whole_ratio: number })[] = [];
  const chosen = values.arms.split(",").map(Number);
  for (const { name, ...arm } of chosen.flatMap((number) => ARMS[number - 1] ?? [])) {
    try {
      const measured = await measureArm({ ...request, ...arm }, (database) =>
        copyFileSync(database, join(out, `scaling-${arms.length + 1}.db`)),
      );
      const [one] = arms;
      const ratio = one === undefined ? 1 : measured.per_minute / one.per_minute;
      const whole = one === undefined ? 1 : measured.whole_per_minute / one.whole_per_minute;
      arms.push({ name, ...measured, ratio, whole_ratio: whole });
    } catch (error) {
      // Earlier measurements are worth keeping.
      const message = error instanceof UserError ? error.message : String((error as Error).stack);
      console.log(`${name}: failed: ${message}`);
      process.exitCode = 1;
      break;
    }
    print(arms.at(-1) as (typeof arms)[number]);
    writeFileSync(join(out, "scaling.json"), `${JSON.stringify({ ...conditions(request), arms }, null, 1)}\n`);
  }
  console.log(JSON.stringify({ ...conditions(request), arms }));
}

function conditions(request: ArmRequest) {
  return { cores: cpus().length, ...request, kernel: basename(request.kernel) };
}

function print(arm: ArmMeasurement & { name: string; ratio: number; whole_ratio: number }): void {
  const busy = arm.devices.map(({ busy_share: share }) => `${(100 * share).toFixed(1)} %`).join(", ");
  const cores = Object.entries(arm.cores_used).map(([role, used]) => `${role} ${used.toFixed(1)}`);
  console.log(
    `${arm.name}: ${arm.per_minute.toFixed(0)} evaluations a minute (${arm.ratio.toFixed(2)}×) over ${arm.seconds.toFixed(1)} s, ` +
      `from the first on ${arm.whole_per_minute.toFixed(0)} (${arm.whole_ratio.toFixed(2)}×); devices busy ${busy}; ` +
      `lane ${arm.lane_ms.toFixed(1)} ms, compile ${arm.compile_ms.toFixed(0)} ms an evaluation; cores: ${cores.join(", ")}; ` +
      `measuring processes waited for one ${(100 * arm.measuring_waited_share).toFixed(2)} % of the time`,
  );
}
