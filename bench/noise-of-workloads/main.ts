/**
 * False claims over two workloads, from what `npm run bench:noise -- --out FILE` measured of equal programs:
 *
 *     node bench/noise-of-workloads/main.ts results/noise/s1.json ...
 *
 * Every measurement of a finalist on one workload is combined with every one on another: as if their errors were
 * independent (half-widths in quadrature), and as a run combines them (geometric means of the ends).
 */
import { readFileSync } from "node:fs";
import { combine } from "@kevo/coordinator/lineage/combine.ts";
import { renderTable } from "@kevo/coordinator/progress/table.ts";
import { z } from "zod";

const finalist = z.object({
  ...{ loops: z.number(), kernel: z.string(), workload: z.string() },
  ...{ purpose: z.literal("finalist"), outcome: z.literal("ok") },
  ...{ speedup: z.number(), low: z.number(), high: z.number() },
});
type Finalist = z.infer<typeof finalist>;

const rows = process.argv
  .slice(2)
  .flatMap((file) => z.object({ rows: z.array(z.unknown()) }).parse(JSON.parse(readFileSync(file, "utf8"))).rows)
  // The file also has measurements as searches make them, and refused ones.
  .flatMap((row) => finalist.safeParse(row).data ?? []);

const isClaim = (low: number, high: number) => low > 1 || high < 1;

function inQuadrature(pair: readonly Finalist[]): boolean {
  const mean = pair.reduce((sum, { speedup }) => sum + Math.log(speedup), 0) / pair.length;
  const below = Math.hypot(...pair.map(({ speedup, low }) => Math.log(speedup / low))) / pair.length;
  const above = Math.hypot(...pair.map(({ speedup, high }) => Math.log(high / speedup))) / pair.length;
  return isClaim(Math.exp(mean - below), Math.exp(mean + above));
}

function asARun(pair: readonly Finalist[]): boolean {
  const { speedupLow, speedupHigh } = combine(
    pair.map(({ speedup, low, high }) => ({
      ...{ timeMs: 1, baselineMs: 1 },
      ...{ speedup, speedupLow: low, speedupHigh: high },
    })),
  );
  return isClaim(speedupLow ?? 0, speedupHigh ?? Number.POSITIVE_INFINITY);
}

const table = [...Map.groupBy(rows, ({ kernel, loops }) => `${kernel}\t${loops}`)].flatMap(([key, group]) => {
  const pairs = group.flatMap((a) => group.filter((b) => a.workload < b.workload).map((b) => [a, b]));
  if (pairs.length === 0) return [];
  const share = (claims: (pair: Finalist[]) => boolean) =>
    `${((100 * pairs.filter(claims).length) / pairs.length).toFixed(1)} %`;
  return [[...key.split("\t"), String(pairs.length), share(inQuadrature), share(asARun)]];
});
const right = (head: string) => ({ head, align: "right" as const });
console.log(
  renderTable([{ head: "kernel" }, ...["loops", "pairs", "in quadrature", "as a run"].map(right)], table, {
    colours: false,
  }),
);
