/**
 * The cost of starting a command:
 *
 *     npm run bench:startup [-- --repeats 10]
 *
 * Each command is started again and again, with compiled code kept from the start before, as for a user: wall clock,
 * processor time and peak memory. Beside them, an empty Node.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildLineage } from "../../coordinator/lineage/lineage-builder.fixture.ts";
import { renderTable } from "../../coordinator/progress/table.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const bin = (program: string) => join(ROOT, program, "bin", `${program}.mjs`);

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

const { values } = parseArgs({ options: { repeats: { type: "string", default: "10" } } });
const scratch = mkdtempSync(join(tmpdir(), "kevo-startup-"));
const lineage = buildLineage();
try {
  const run = lineage.run();
  const candidate = lineage.candidate(run, { config: { tile: 8 } });
  lineage.ok(candidate, { speedups: { small: 2 } });
  lineage.measured(candidate, { round: 1, speedups: { small: 2 } });
  const commands: [string, string[]][] = [
    ["node -e 0", ["-e", "0"]],
    ...["coordinator", "gpu-evaluator", "island-worker", "research-stage"].flatMap((program) =>
      ["--version", "--help"].map((option): [string, string[]] => [`${program} ${option}`, [bin(program), option]]),
    ),
    ...["best", "top", "failures"].map((name): [string, string[]] => [
      `coordinator lineage ${name}`,
      [bin("coordinator"), "lineage", name, "--db", lineage.path],
    ]),
  ];
  const rows: string[][] = [];
  for (const [name, args] of commands) {
    await costOf(args);
    const costs: Cost[] = [];
    for (let i = 0; i < Number(values.repeats); i++) costs.push(await costOf(args));
    const median = (of: (cost: Cost) => number) =>
      costs.map(of).sort((a, b) => a - b)[Math.floor(costs.length / 2)] ?? 0;
    const cells = [median((c) => c.wallMs), median((c) => c.cpuMs), median((c) => c.peakMb)];
    rows.push([name, ...cells.map((value) => value.toFixed(0))]);
  }
  const right = { align: "right" } as const;
  const head = [{ head: "command" }, ...["wall ms", "cpu ms", "peak MB"].map((name) => ({ head: name, ...right }))];
  console.log(renderTable(head, rows));
  console.log(
    `\nMedians of ${values.repeats} starts; Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model}.`,
  );
} finally {
  lineage.remove();
  rmSync(scratch, { recursive: true, force: true });
}

/** The process writes down at its end what it used. */
async function costOf(args: readonly string[]): Promise<Cost> {
  const file = join(scratch, "usage.json");
  const code = `process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    process.getBuiltinModule("fs").writeFileSync(${JSON.stringify(file)},
      JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 }));
  });`;
  const began = performance.now();
  const child = spawn(process.execPath, ["--import", `data:text/javascript,${encodeURIComponent(code)}`, ...args], {
    stdio: "ignore",
  });
  const [status] = await once(child, "exit");
  const wallMs = performance.now() - began;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  return { wallMs, ...(JSON.parse(readFileSync(file, "utf8")) as Omit<Cost, "wallMs">) };
}
