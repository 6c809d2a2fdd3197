/** What `coordinator check` found, for people. */
import { outputsOf, toleranceOf, typedArguments } from "@kevo/core/kernel/arguments.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import { describeUndefined } from "@kevo/core/search-space/constraint.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { InputRemark } from "@kevo/gpu-evaluator/backends/backend.ts";
import { prototypes } from "@kevo/gpu-evaluator/backends/cpu/entry-code.ts";
import { rooflineOf } from "../lineage/roofline.ts";
import {
  formatMs,
  formatNumber,
  formatRoofline,
  formatShare,
  formatValue,
  oneLine,
  UNKNOWN,
} from "../progress/format.ts";
import { renderKnown, type TableOptions } from "../progress/table.ts";
import { quietnessText } from "../result/quietness-text.ts";
import type { CheckedBackend, CheckReport, SpaceReport, WorkloadReport } from "./check-kernel.ts";
import type { CodeRemarks } from "./code-remarks.ts";

const NUMBER = { align: "right" } as const;
/** So many are named; the others are counted. */
const NAMED = 8;

export function kernelLine({ definition }: KernelPackage, backend: CheckedBackend): string {
  const { id, parameters, workloads, baselines } = definition;
  const counts = [
    counted(parameters.length, "parameter"),
    counted(workloads.length, "workload"),
    counted(baselines.length, "baseline"),
  ];
  return `${id}: kernel.json is valid (${counts.join(", ")}, backend ${backend}).`;
}

/** For who wonders what the compiler expected; empty for a kernel without `arguments`. */
export function prototypeLines({ definition }: KernelPackage): string[] {
  const typed = typedArguments(definition);
  if (typed === null) return [];
  const { kernel, reference } = prototypes(typed);
  return [
    `${definition.source} must implement ${kernel}.`,
    `${definition.reference} must implement ${reference.join(" and ")}.`,
  ];
}

export function spaceLines({ combinations, valid, exact, dead_values, undefined_constraints }: SpaceReport): string[] {
  const about = exact ? "" : "about ";
  const size = `${about}${valid.toLocaleString("en")} of ${combinations.toLocaleString("en")} configurations are valid`;
  const named = dead_values.slice(0, NAMED).map(({ parameter, value }) => `${parameter} = ${formatValue(value)}`);
  const more = dead_values.length - named.length;
  const dead =
    named.length === 0
      ? []
      : [
          `No valid configuration has ${named.join(" or ")}${more > 0 ? ` or ${more} other values` : ""}: remove ${dead_values.length === 1 ? "this value" : "these values"}, or loosen a constraint.`,
        ];
  const undefinedOnes = undefined_constraints.map(
    ({ constraint, ...where }) =>
      `The constraint "${constraint}": ${describeUndefined(where)}, which excludes such configurations.`,
  );
  return [`Search space: ${size}.`, ...dead, ...undefinedOnes];
}

/** Nothing where the code is in order. */
export function codeLines(
  { unused_parameters: unused, undefined_names: unknown }: CodeRemarks,
  { definition }: KernelPackage,
): string[] {
  const [first, ...others] = unused;
  const lines =
    first === undefined
      ? []
      : [
          `${definition.source} never mentions the ${others.length === 0 ? "parameter" : "parameters"} ${unused.join(", ")}, so ${others.length === 0 ? "its" : "their"} values make no difference: use ${others.length === 0 ? "it" : "them"}, or remove ${others.length === 0 ? "it" : "them"} from kernel.json.`,
        ];
  return [
    ...lines,
    ...unknown
      .slice(0, NAMED)
      .map(
        ({ file, line, name }) =>
          `${file}, line ${line}, compares ${name}, which neither a parameter nor a #define names: it counts as 0 there.`,
      ),
  ];
}

export function defaultLines(
  { default: measured, not_tried, kernel, backend }: CheckReport,
  { definition }: KernelPackage,
  options: TableOptions,
): string[] {
  if (measured === null) {
    const untried = backend !== "cpu" ? "compiling, the reference and timing" : "building and timing";
    return [`Not tried on this machine: ${untried}. ${not_tried}`];
  }
  const { device, toolchain, workloads, quietness, input_remarks } = measured;
  return [
    `The default configuration of ${kernel} builds and is correct on ${counted(workloads.length, "workload")}: ${errorText(workloads, definition)}.`,
    `On ${oneLine(device)} (${oneLine(toolchain)}):`,
    "",
    timesTable(workloads, options),
    "",
    ...roomLines(workloads),
    ...adviceLines(workloads, definition),
    ...inputLines(input_remarks, definition),
    ...(quietness === null ? [] : [quietnessText(quietness, "it was")]),
  ];
}

/** How little of the space was looked at. */
export function checkedLine({ default: measured, space }: CheckReport, { definition }: KernelPackage): string {
  if (measured === null) return "No configuration was checked. A run checks each one that it tries.";
  const { baselines } = definition;
  const beside = baselines.length === 0 ? "" : ` and ${counted(baselines.length, "baseline")}`;
  return `Checked: the default${beside}, of ${space.exact ? "" : "about "}${space.valid.toLocaleString("en")} valid configurations. A run checks each one that it tries.`;
}

/** What the inputs cannot show of a wrong kernel. */
export function inputLines(remarks: readonly InputRemark[], definition: KernelPackage["definition"]): string[] {
  const { reference } = definition;
  const inputs = typedArguments(definition)?.inputs;
  const where = (remark: InputRemark["remark"]) => remarks.filter((one) => one.remark === remark);
  const named = (found: readonly InputRemark[]) => found.map(({ input }) => inputs?.[input]?.name ?? String(input + 1));
  const [constant, seedless, ignored] = [where("constant"), where("seedless"), where("ignored")].map(named) as [
    ...[string[], string[], string[]],
  ];
  const them = (names: readonly string[]) => (names.length === 1 ? "it" : "them");
  const theInputs = (names: readonly string[]) => `the ${names.length === 1 ? "input" : "inputs"} ${names.join(", ")}`;
  return [
    ...(constant.length === 0
      ? []
      : [
          `${reference} gives every element of ${theInputs(constant)} the same value, so a kernel that reads wrong elements of ${them(constant)} passes: fill ${them(constant)} from the seed.`,
        ]),
    ...(ignored.length === 0
      ? []
      : [
          `The right answers do not depend on ${theInputs(ignored)}, so a kernel that reads ${them(ignored)} wrongly passes: use ${them(ignored)} in kevo_reference, or remove ${them(ignored)}.`,
        ]),
    ...(seedless.length === 0
      ? []
      : [
          `${reference} makes the same inputs from every seed, so a kernel that always has the same answer passes: make them from the seed.`,
        ]),
  ];
}

function errorText(workloads: readonly WorkloadReport[], definition: KernelPackage["definition"]): string {
  const outputs = outputsOf(definition);
  const integers = outputs.filter(({ tolerance }) => tolerance === null).length;
  if (integers === outputs.length) return "equal to the reference";
  const tolerance = toleranceOf(definition);
  const tolerances = new Set(outputs.flatMap((one) => one.tolerance ?? []));
  const exact = integers === 0 ? "" : "; integers are equal";
  const worst = Math.max(...workloads.map(({ error }) => error ?? 0));
  // An error is told as its output's tolerance weighs it, which says nothing where the tolerances differ.
  if (tolerances.size > 1)
    return `relative errors at most ${formatShare(worst / tolerance)} of each output's tolerance${exact}`;
  return `relative error at most ${worst === 0 ? "0" : worst.toExponential(1)}, tolerance ${Number(tolerance.toPrecision(3))}${exact}`;
}

function timesTable(workloads: readonly WorkloadReport[], options: TableOptions): string {
  const others = [...new Set(workloads.flatMap((one) => Object.keys(one.others)))];
  return renderKnown(
    [
      { head: "workload" },
      { head: "time ms", ...NUMBER },
      { head: "GFLOP/s", ...NUMBER },
      { head: "GB/s", ...NUMBER },
      { head: "roofline", ...NUMBER },
      ...others.map((name) => ({ head: `${name} ms`, ...NUMBER })),
    ],
    workloads.map((one) => [
      one.workload,
      formatNumber(one.time_ms),
      formatNumber(one.gflops),
      formatNumber(one.gbytes_per_s),
      formatRoofline(rooflineOf(one)),
      ...others.map((name) => formatNumber(one.others[name] ?? null)),
    ]),
    UNKNOWN,
    options,
  );
}

const LIMITS = {
  peak: "its operations take at this machine's measured peak",
  memory: "its bytes take at the measured memory bandwidth",
  cache: "its bytes take at the measured cache bandwidth",
} as const;

function roomLines(workloads: readonly WorkloadReport[]): string[] {
  return workloads.flatMap(({ workload, room }) =>
    room === null
      ? []
      : [
          `Room on ${workload}: at most ${formatNumber(Number(room.factor.toPrecision(3)))}× (${formatMs(room.floor_ms)} is what ${LIMITS[room.limit]}).`,
        ],
  );
}

function adviceLines(
  workloads: readonly WorkloadReport[],
  { workloads: defined }: KernelPackage["definition"],
): string[] {
  const lines: string[] = [];
  const silent = defined.filter(({ flops, bytes }) => flops === undefined && bytes === undefined);
  if (silent.length > 0) {
    lines.push(
      `Give flops and bytes of one call for ${silent.map(({ name }) => name).join(", ")} in kernel.json to see how near the time is to this machine's limits.`,
    );
  }
  const slower = workloads.filter(({ speedup_high }) => speedup_high !== null && speedup_high < 1);
  for (const { workload, baseline, speedup } of slower) {
    lines.push(
      `On ${workload} the baseline "${baseline}" is faster than the default (${speedup?.toFixed(2)}×): a run starts from both.`,
    );
  }
  return lines;
}
