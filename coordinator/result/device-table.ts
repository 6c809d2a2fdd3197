/** The best configuration of each device model, for people: where each has its own, there is no one winner. */
import type { Config } from "@kevo/proto/search-space.ts";
import type { ObjectiveValue } from "../lineage/run-objective.ts";
import { formatClaim, formatConfig, formatInterval, formatNumber, UNKNOWN } from "../progress/format.ts";
import { renderKnown, type TableOptions } from "../progress/table.ts";
import { differing } from "./cell-table.ts";

interface BestOfDevice {
  readonly candidate: string;
  readonly config: Config;
  readonly time_ms: number | null;
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  readonly objective?: ObjectiveValue | undefined;
}

/** @param defaults the kernel's default configuration, of which only what differs is shown; null shows everything. */
export function deviceTable(
  devices: Readonly<Record<string, BestOfDevice>>,
  defaults: Config | null,
  options: TableOptions,
): string {
  const rows = Object.entries(devices).map(([device, best]) => ({ device, best }));
  type Row = (typeof rows)[number];
  const objective = rows[0]?.best.objective;
  const number = (head: string, cell: (row: Row) => string) => ({ head, cell, align: "right" as const });
  const columns = [
    { head: "device", cell: ({ device }: Row) => device },
    ...(objective === undefined
      ? []
      : [number(objective.name, ({ best }) => formatNumber(best.objective?.value ?? null))]),
    number("time ms", ({ best }) => formatNumber(best.time_ms)),
    number("speedup", ({ best }) => formatClaim(best)),
    number("interval", ({ best }) => formatInterval(best.speedup_low, best.speedup_high)),
    { head: "candidate", cell: ({ best }: Row) => best.candidate },
    {
      head: defaults === null ? "configuration" : "parameters that differ from the default",
      cell: ({ best }: Row) => formatConfig(differing(best.config, defaults)) || "the default",
    },
  ];
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  return renderKnown(columns, cells, UNKNOWN, options);
}
