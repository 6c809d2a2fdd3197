/** `npm run docs:picture`: replays a recorded space of an H200, and draws docs/run.svg from what the lineage has of it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { chart } from "./chart.ts";

const SPACE = fileURLToPath(
  new URL("../../results/h200/recorded/ten-models-llama-3.2-1b-s1024.json.gz", import.meta.url),
);
const COORDINATOR = fileURLToPath(new URL("../../coordinator/bin/coordinator.mjs", import.meta.url));
const RUN = ["--islands", "4", "--evaluations", "160", "--sync", "--seed", "1"];
const EVALUATED = `select c.island, e.time_ms * 1000 as us from candidates c join evaluations e on e.candidate = c.id
  order by c.batch, c.island, c.position`;

const recorded = z.object({
  cache: z.record(z.string(), z.object({ time: z.union([z.number(), z.string()]), baseline_time: z.number() })),
});
const evaluated = z.array(z.object({ island: z.int(), us: z.number().nullable() }));

const folder = mkdtempSync(join(tmpdir(), "kevo-picture-"));
try {
  coordinator("start", "--backend", "replay", "--space", SPACE, ...RUN, "--json");
  const rows = evaluated.parse(JSON.parse(coordinator("lineage", "sql", EVALUATED, "--json")));
  const { cache } = recorded.parse(JSON.parse(gunzipSync(readFileSync(SPACE)).toString()));
  const all = Object.values(cache).flatMap(({ time, baseline_time }) =>
    typeof time === "number" ? [{ us: time * 1000, baseline: baseline_time * 1000 }] : [],
  );
  const optimum = all.reduce((best, each) => (each.us < best.us ? each : best));
  const svg = chart(rows, { optimum: optimum.us, baseline: optimum.baseline, configurations: all.length });
  writeFileSync(new URL("../run.svg", import.meta.url), svg);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function coordinator(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COORDINATOR, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`coordinator ${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
}
