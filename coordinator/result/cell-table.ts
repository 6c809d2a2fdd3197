/** A run over many workloads, for people: one line for each of them, and what they come to. */
import { counted } from "@kevo/core/text/plural.ts";
import type { Config, ParamValue } from "@kevo/proto/search-space.ts";
import type { CellTable } from "../lineage/queries/cells.ts";
import {
  formatClaim,
  formatConfig,
  formatInterval,
  formatNumber,
  formatSpeedup,
  formatValue,
  oneLine,
  UNKNOWN,
} from "../progress/format.ts";
import { type Column, renderTable, type TableOptions } from "../progress/table.ts";

const right = (head: string): Column => ({ head, align: "right" });

/** @param defaults the kernel's default configuration, of which only what differs is shown; null shows everything. */
export function cellTable({ cells }: CellTable, defaults: Config | null, options: TableOptions): string {
  const compared = cells.some(({ speedup }) => speedup !== null);
  return renderTable(
    [
      { head: "workload" },
      right("time µs"),
      right("TFLOP/s"),
      ...(compared ? [right("baseline µs"), { head: "" }, right("speedup"), right("interval")] : []),
      right("evaluations"),
      { head: defaults === null ? "configuration" : "parameters that differ from the default" },
    ],
    cells.map((cell) => [
      cell.workload,
      formatNumber(cell.time_us),
      formatNumber(cell.tflops),
      ...(compared
        ? [
            formatNumber(cell.baseline === null ? null : (cell.baselines[cell.baseline] ?? null)),
            cell.baseline ?? UNKNOWN,
            formatClaim(cell),
            formatInterval(cell.speedup_low, cell.speedup_high),
          ]
        : []),
      String(cell.evaluations),
      cell.config === null ? UNKNOWN : formatConfig(differing(cell.config, defaults)) || "the default",
    ]),
    options,
  );
}

/** The sum of it in one sentence. */
export function cellSummary({ cells, faster, speedup }: CellTable): string {
  const measured = cells.filter((cell) => cell.time_us !== null).length;
  const without = measured === cells.length ? "" : `; ${cells.length - measured} not measured`;
  if (speedup === null) return `The best configuration of each of ${counted(cells.length, "workload")}${without}.`;
  return `Faster than the fastest baseline on ${faster} of ${counted(cells.length, "workload")}, geometric mean ${formatSpeedup(speedup)}${without}.`;
}

/** One sentence for each reason why a baseline was not timed; empty where all were. */
export function leftOutSentences({ cells }: CellTable): string[] {
  const counts = new Map<string, number>();
  for (const { left_out } of cells) {
    for (const [name, why] of Object.entries(left_out)) {
      // Sizes differ from one workload to the next, the reason does not.
      // biome-ignore lint/plugin: PyTorch has no code for it, and nothing but this report depends on it
      const reason = `${name}: ${why.split(". ")[0]?.replace(/\.$/, "")}`;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  return [...counts].map(([reason, n]) => `Not timed on ${n} of ${counted(cells.length, "workload")}: ${reason}.`);
}

/** One sentence with the version of each baseline that comes from a package of its own; empty where there are none. */
export function versionSentences({ cells }: CellTable): string[] {
  const told = cells.flatMap(({ baseline_versions }) => Object.entries(baseline_versions));
  const versions = [...new Set(told.map(([name, version]) => `${name} ${version}`))].sort();
  return versions.length === 0 ? [] : [`Compared with ${versions.map(oneLine).join(", ")}.`];
}

/** Values that differ from the defaults; all values where there are no defaults. */
export function differing(config: Config, defaults: Config | null): Config {
  const entries = Object.entries(config).filter(
    ([name, value]) => defaults === null || formatValue(value) !== formatValue(defaults[name]),
  );
  return Object.fromEntries(entries as [string, ParamValue][]);
}
