/**
 * `node bench/h200/page.ts FOLDER`: from a run's FOLDER/cells.json (of `run.sh`) the page FOLDER/README.md with its
 * chart FOLDER/chart.svg, and FOLDER/summary.json.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const cell = z.object({
  workload: z.string(),
  speedup: z.number().nullable(),
  speedup_low: z.number().nullable(),
  speedup_high: z.number().nullable(),
  time_us: z.number().nullable(),
  tflops: z.number().nullable(),
  baselines: z.record(z.string(), z.number()),
  left_out: z.record(z.string(), z.string()).default({}),
  config: z.record(z.string(), z.unknown()).nullable(),
  evaluations: z.number(),
});
type Cell = z.infer<typeof cell>;
const table = z.object({
  run: z.string(),
  device: z.string(),
  toolchain: z.string(),
  elapsed_s: z.number(),
  evaluations: z.number(),
  faster: z.number(),
  speedup: z.number(),
  cells: z.array(cell),
});

const kernel = z.object({
  workloads: z.array(z.object({ name: z.string(), shape: z.record(z.string(), z.number()) })),
});
const KERNEL = new URL("../../gpu-evaluator/kernels/attention-forward/kernel.json", import.meta.url);
const shapes = new Map(
  kernel.parse(JSON.parse(readFileSync(KERNEL, "utf8"))).workloads.map(({ name, shape }) => [name, shape]),
);
const COLOURS = new Map([
  [512, "#9ecae1"],
  [1024, "#6baed6"],
  [2048, "#3182bd"],
  [4096, "#08519c"],
]);

const lengthOf = ({ workload }: Cell) => shapes.get(workload)?.length ?? 0;
const widthOf = ({ workload }: Cell) => shapes.get(workload)?.width ?? 0;

interface Group {
  readonly of: number;
  readonly cells: number;
  readonly faster: number;
  readonly speedup: number;
  readonly least: number;
  readonly most: number;
}

function grouped(cells: readonly Cell[], by: (one: Cell) => number): Group[] {
  const keys = [...new Set(cells.map(by))].sort((a, b) => a - b);
  return keys.map((of) => {
    const speedups = cells.flatMap((one) => (by(one) === of && one.speedup !== null ? [one.speedup] : []));
    const mean = Math.exp(speedups.reduce((sum, speedup) => sum + Math.log(speedup), 0) / speedups.length);
    const faster = speedups.filter((speedup) => speedup > 1).length;
    return {
      of,
      cells: speedups.length,
      faster,
      speedup: mean,
      least: Math.min(...speedups),
      most: Math.max(...speedups),
    };
  });
}

/** Bars of the speedup of each cell with its interval, a line where the fastest baseline is. */
function chart(cells: readonly Cell[]): string {
  const [left, top, row, scale] = [190, 40, 15, 300];
  const x = (speedup: number) => left + speedup * scale;
  const height = top + cells.length * row + 20;
  const bars = cells.map((one, at) => {
    const y = top + at * row;
    const name = `<text x="${left - 8}" y="${y + 10}" text-anchor="end">${one.workload.replace("ten-models/", "")}</text>`;
    if (one.speedup === null || one.speedup_low === null || one.speedup_high === null) return name;
    const fill = COLOURS.get(lengthOf(one)) ?? "#636363";
    const bar = `<rect x="${x(0)}" y="${y + 1}" width="${(x(one.speedup) - x(0)).toFixed(1)}" height="${row - 4}" fill="${fill}"/>`;
    const span = `<path d="M${x(one.speedup_low).toFixed(1)} ${y + 6.5}H${x(one.speedup_high).toFixed(1)}" stroke="#000"/>`;
    const label = `<text x="${(x(one.speedup_high) + 5).toFixed(1)}" y="${y + 10}">${one.speedup.toFixed(2)}</text>`;
    return name + bar + span + label;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5].map(
    (at) =>
      `<path d="M${x(at)} ${top - 4}V${height - 16}" stroke="${at === 1 ? "#d7301f" : "#ddd"}"/><text x="${x(at)}" y="${top - 8}" text-anchor="middle">${at}×</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${left}" y="14">Speedup against the fastest of default, cuDNN, flash and efficient attention (red line)</text>
${[...ticks, ...bars].join("\n")}
</svg>
`;
}

function summaryTable(head: string, groups: readonly Group[]): string {
  const rows = groups.map(
    (g) =>
      `| ${g.of} | ${g.faster} of ${g.cells} | ${g.speedup.toFixed(3)}× | ${g.least.toFixed(3)}× | ${g.most.toFixed(3)}× |`,
  );
  return [`| ${head} | faster | geometric mean | least | most |`, "|---|---|---|---|---|", ...rows].join("\n");
}

function cellRow(one: Cell): string {
  const us = (time: number | null | undefined) => (time == null ? "–" : time.toFixed(2));
  const named = ["default", "cudnn", "flash", "efficient"].map((name) => us(one.baselines[name]));
  const interval = `${one.speedup_low?.toFixed(3) ?? "–"}–${one.speedup_high?.toFixed(3) ?? "–"}`;
  const ours = `${us(one.time_us)} | ${one.tflops?.toFixed(0) ?? "–"} | ${one.speedup?.toFixed(3) ?? "–"}× | ${interval}`;
  return `| ${one.workload.replace("ten-models/", "")} | ${named.join(" | ")} | ${ours} | ${one.evaluations} |`;
}

const folder = process.argv[2] ?? ".";
const found = table.parse(JSON.parse(readFileSync(join(folder, "cells.json"), "utf8")));
const byLength = grouped(found.cells, lengthOf);
const byWidth = grouped(found.cells, widthOf);
const { run, device, toolchain, elapsed_s, evaluations, faster, speedup } = found;
const about = { run, device, toolchain, elapsed_s, evaluations, cells: found.cells.length, faster, speedup };
writeFileSync(
  join(folder, "summary.json"),
  `${JSON.stringify({ ...about, by_length: byLength, by_head_dim: byWidth }, null, 1)}\n`,
);
writeFileSync(join(folder, "chart.svg"), chart(found.cells));
writeFileSync(
  join(folder, "README.md"),
  `# ${faster} of ${found.cells.length} cells faster, geometric mean ${speedup.toFixed(3)}×

${device}; ${toolchain}. ${evaluations} evaluations, ${elapsed_s.toFixed(0)} s with finalists. Run ${run}.

![Speedup of every cell](chart.svg)

${summaryTable("length", byLength)}

${summaryTable("head dim", byWidth)}

Microseconds, medians; causal, batch 1, bfloat16. "–" does not run on this shape (\`left_out\` in \`cells.json\` says why).

| cell | default | cuDNN | flash | efficient | ours | TFLOP/s | speedup | interval | evaluations |
|---|---|---|---|---|---|---|---|---|---|
${found.cells.map(cellRow).join("\n")}
`,
);
