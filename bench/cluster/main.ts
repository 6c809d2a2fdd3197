/**
 * `npm run bench:cluster`: the cost of the cluster itself. Evaluations that take no time go through the whole path
 * (worker, NATS, SQLite, gRPC, daemon, and back), at 8 and at 16 outstanding; then 64 simulated lanes of 100 ms
 * each, which should never wait. The worker's code runs in this process, with its messages timed; the coordinator, the
 * daemon and nats-server are separate processes. Proposals are random: the search's computation is not measured here.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type LaneMeasurement, measureLanes } from "./measure-lanes.ts";
import { measurePath, type PathMeasurement } from "./measure-path.ts";

const HELP = `Usage: npm run bench:cluster -- [--json] [--folder DIR]

Prints evaluations per second and the latency that the cluster adds, with 8 and 16 candidates outstanding; the fsync
latency of the disk; and how busy 64 lanes of 100 ms each are. --folder: the folder of the database (default: a temporary
folder).

Example: npm run bench:cluster -- --folder .`;

const { values } = parseArgs({
  options: { json: { type: "boolean" }, folder: { type: "string" }, help: { type: "boolean", short: "h" } },
});
if (values.help) {
  console.log(HELP);
} else {
  const folder = mkdtempSync(join(values.folder ?? tmpdir(), "kevo-bench-"));
  try {
    const fsync = fsyncLatency(join(folder, "fsync"));
    const paths: PathMeasurement[] = [];
    // Lanes are chosen so that the daemon's credits (lanes + compile processes + two ready a lane) come to 8 and 16.
    for (const outstanding of [8, 16]) paths.push(await measurePath(join(folder, `path-${outstanding}`), outstanding));
    const lanes = await measureLanes(join(folder, "lanes"));
    if (values.json) console.log(JSON.stringify({ cores: cpus().length, fsync_ms: fsync, paths, lanes }));
    else report(fsync, paths, lanes);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function report(fsync: { p50: number; p99: number }, paths: PathMeasurement[], lanes: LaneMeasurement): void {
  console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}`);
  console.log(`fsync of 4 KiB on this disk: p50 ${fsync.p50.toFixed(2)} ms, p99 ${fsync.p99.toFixed(2)} ms\n`);
  console.log("outstanding  evaluations/s  added latency p50  p99");
  for (const { outstanding, per_second, p50_ms, p99_ms } of paths) {
    console.log(
      `${String(outstanding).padStart(11)}  ${per_second.toFixed(0).padStart(13)}  ${`${p50_ms.toFixed(1)} ms`.padStart(17)}  ${p99_ms.toFixed(1)} ms`,
    );
  }
  console.log(
    `\n${lanes.lanes} lanes of ${lanes.duration_ms} ms: ${(100 * lanes.busy_share).toFixed(1)} % busy over ${lanes.seconds.toFixed(0)} s, ${lanes.per_second.toFixed(0)} evaluations/s`,
  );
}

/** Lower bound of a commit's time. */
function fsyncLatency(path: string): { p50: number; p99: number } {
  const file = openSync(path, "w");
  const block = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 200 }, () => {
    writeSync(file, block);
    const start = performance.now();
    fsyncSync(file);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  closeSync(file);
  return { p50: times[100] as number, p99: times[198] as number };
}
