/** Of a round: the code that was written, how it was checked, and what was measured. */

import { counted } from "@kevo/core/text/plural.ts";
import type { Implementation, Optimisation } from "../findings/findings.ts";
import type { Round } from "../findings/findings-of-run.ts";
import { type Block, heading, list, paragraph, table } from "./blocks.ts";
import { barChart, progressChart } from "./charts.ts";

export function builtBlocks({ implementations, optimisations }: Round, of: string): Block[] {
  if (implementations.length === 0) return [];
  return [
    heading(2, `${of}implementation and measurement`),
    ...implementations.flatMap((made) => [
      ...madeBlocks(made),
      ...optimisations.filter(({ idea }) => idea === made.idea).flatMap(measuredBlocks),
    ]),
  ];
}

function madeBlocks(made: Implementation): Block[] {
  const { kernel, base_kernel, tries, kernel_check, module_check, files } = made;
  const problems = tries.flatMap(({ problem }, at) => (problem === null ? [] : [`Try ${at + 1}: ${problem}`]));
  return [
    heading(3, kernel),
    paragraph(`Builds on ${base_kernel}, whose reference, inputs and workloads judge it. Tries: ${tries.length}.`),
    ...list([
      ...problems,
      `Kernel against the reference, in the evaluator's sandbox: ${kernel_check.status}, ${kernel_check.message}`,
      `PyTorch module against the reference: ${module_check.status}, ${module_check.message}`,
    ]),
    ...files
      .filter(({ path }) => path !== "kernel.json" && !path.startsWith("reference"))
      .flatMap(({ path, content }): Block[] => [
        paragraph(path),
        { kind: "code", language: path.endsWith(".c") ? "c" : "python", text: content },
      ]),
  ];
}

function measuredBlocks(measured: Optimisation): Block[] {
  const { idea, workloads, history, evaluations, failures, config, run, candidate, elapsed_s } = measured;
  const ms = (value: number | null) => (value === null ? "–" : String(Number(value.toPrecision(4))));
  const times = (value: number | null) => (value === null ? "–" : `${value.toFixed(2)}×`);
  const device = workloads[0]?.device ?? "an unknown device";
  return [
    paragraph(
      `Lineage run ${run} on ${device}: ${counted(evaluations.total ?? 0, "evaluation")} (${evaluations.ok} ok) in ${elapsed_s.toFixed(0)} s; best ${candidate ?? "none"}.`,
    ),
    ...table(
      ["workload", "ms", "first ms", "speedup", "interval", "library's default ms", "against it", "GFLOP/s", "of peak"],
      workloads.map((w) => [
        w.workload,
        ms(w.time_ms),
        ms(w.first_ms),
        times(w.speedup),
        w.speedup_low === null ? "–" : `${w.speedup_low.toFixed(2)}–${w.speedup_high?.toFixed(2)}`,
        ms(w.library_ms),
        w.library_ms === null ? "–" : times(w.library_ms / w.time_ms),
        ms(w.gflops),
        w.peak_share === null ? "–" : `${(100 * w.peak_share).toFixed(0)} %`,
      ]),
    ),
    paragraph(
      "The first implementation is timed alternately with each candidate. The library's kernel was measured once, in a separate run, so that column is rough.",
    ),
    ...(workloads.length === 0
      ? []
      : [
          {
            kind: "chart",
            name: `${idea}-times`,
            caption: `Times of ${measured.kernel}: first implementation, evolved, and the library's default`,
            svg: barChart({
              series: ["first implementation", "evolved", "library's default"],
              groups: workloads.map((w) => ({ label: w.workload, values: [w.first_ms, w.time_ms, w.library_ms] })),
              unit: "ms",
            }),
          } satisfies Block,
        ]),
    ...(history.some((value) => value !== null)
      ? [
          {
            kind: "chart",
            name: `${idea}-search`,
            caption: `Evaluations of ${measured.kernel} in order, and the best so far, as speedup relative to the first implementation`,
            svg: progressChart(history, "speedup"),
          } satisfies Block,
        ]
      : []),
    paragraph(
      `Best configuration: ${Object.entries(config)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(" ")}`,
    ),
    ...list(failures.map(({ outcome, message, count }) => `${count} times ${outcome}: ${message}`)),
  ];
}
