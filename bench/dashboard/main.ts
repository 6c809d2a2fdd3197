/**
 * The dashboard at a large run, and beside a live one:
 *
 *     npm run bench:dashboard [-- --evaluations 100000]
 *
 * Writes a database of this many evaluations and serves it, as `coordinator dashboard` does, for requests and for pages;
 * then starts a run and opens its page; then runs with two pages open and without, in turn. Needs Chromium. `--only server`,
 * `pages` or `throughput` measures one part; `--rounds` is how often throughput is.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { renderTable } from "../../coordinator/progress/table.ts";
import { launch } from "../../tests/dashboard/chromium.fixture.ts";
import { addressOf, havePages, serveDatabase } from "../../tests/dashboard/served.fixture.ts";
import { Workplace } from "../../tests/support/programs.ts";
import { writeSyntheticSpace } from "../../tests/support/synthetic-space.ts";
import { writeManyEvaluations } from "../lineage/many-evaluations.ts";
import { measurePages, timeToLive, type Waiting } from "./browser.ts";
import { measureServer } from "./server.ts";
import { measureThroughput } from "./throughput.ts";

const { values } = parseArgs({
  options: {
    evaluations: { type: "string", default: "100000" },
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
  },
});
const wants = (part: string): boolean => values.only === undefined || values.only === part;
const count = Number(values.evaluations);

havePages();
const folder = mkdtempSync(join(tmpdir(), "kevo-bench-dashboard-"));
try {
  await using place = new Workplace();
  await using browser = await launch();
  const path = join(folder, "lineage.db");
  const run = writeManyEvaluations(path, count);
  const rows: Waiting[] = [];
  if (wants("server")) {
    const server = serveDatabase(place, path);
    rows.push(...(await measureServer(await addressOf(server), server.child.pid as number, run)));
    server.child.kill();
  }
  if (wants("pages")) {
    rows.push(...(await measurePages(browser, await addressOf(serveDatabase(place, path)), run)));
    rows.push(await live(place, browser));
  }
  if (wants("throughput")) rows.push(...(await measureThroughput(browser, Number(values.rounds))));
  const columns = [
    { head: "what" },
    { head: "measured", align: "right" as const },
    { head: "limit", align: "right" as const },
  ];
  console.log(
    renderTable(
      columns,
      rows.map(({ what, value, limit }) => [what, value, limit]),
    ),
  );
  console.log(`\n${count} evaluations; Chromium ${browser.version()}; ${cpus().length} × ${cpus()[0]?.model}.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function live(place: Workplace, browser: Awaited<ReturnType<typeof launch>>): Promise<Waiting> {
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 20 });
  const options = ["--space", "space.json", "--time-scale", "1", "--islands", "2", "--evaluations", "2000"];
  const coordinator = place.start("coordinator", ["start", ...options]);
  const address = await addressOf(coordinator);
  await place.ledger().evaluated(1);
  const taken = await timeToLive(browser, address, place.ledger().latest().id);
  return { what: "the printed address to a live run", value: `${taken.toFixed(0)} ms`, limit: "2 s" };
}
