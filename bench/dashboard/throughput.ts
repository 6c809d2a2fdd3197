/** What two open pages cost a live run: its evaluations per second with them and without, in turn. */
import type { Browser } from "playwright-core";
import { addressOf, pageOf } from "../../tests/dashboard/served.fixture.ts";
import { type Program, Workplace } from "../../tests/support/programs.ts";
import { writeSyntheticSpace } from "../../tests/support/synthetic-space.ts";
import type { Waiting } from "./browser.ts";
import { processorMs } from "./server.ts";

const EVALUATIONS = 400;
/** While the run and the pages start nothing is counted. */
const SKIPPED = 100;
const LOOK_EVERY_MS = 200;
const PAGES = ["run", "candidates"] as const;

export async function measureThroughput(browser: Browser, rounds: number): Promise<Waiting[]> {
  const runs: Record<"none" | "open", Measured[]> = { none: [], open: [] };
  // In turn, so that what else the machine does meets both.
  for (let round = 0; round < rounds; round++) {
    runs.none.push(await measured(null));
    runs.open.push(await measured(browser));
  }
  const of = (which: "none" | "open", field: keyof Measured) => median(runs[which].map((run) => run[field]));
  const [none, open] = [of("none", "perSecond"), of("open", "perSecond")];
  const lost = `${(100 * (1 - open / none)).toFixed(1)} % (${none.toFixed(1)}/s, ${open.toFixed(1)}/s)`;
  const processor = `${of("none", "processorMs").toFixed(1)} ms, ${of("open", "processorMs").toFixed(1)} ms`;
  return [
    { what: "evaluations per second lost to two pages", value: lost, limit: "3 %" },
    { what: "coordinator's processor time an evaluation, without and with them", value: processor, limit: "" },
  ];
}

interface Measured {
  readonly perSecond: number;
  /** Of the coordinator's process with its server, for each evaluation. */
  readonly processorMs: number;
}

async function measured(browser: Browser | null): Promise<Measured> {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 20 });
  const coordinator = place.start("coordinator", [
    ...["start", "--space", "space.json", "--time-scale", "1", "--islands", "2", "--seed", "1"],
    ...["--evaluations", String(EVALUATIONS)],
  ]);
  const address = await addressOf(coordinator);
  await place.ledger().evaluated(1);
  const run = place.ledger().latest().id;
  const context = await browser?.newContext();
  for (const name of browser === null ? [] : PAGES) {
    const page = await (context as NonNullable<typeof context>).newPage();
    await page.goto(address);
    await page.goto(address.replace(/#.*/, "") + pageOf(run, name));
  }
  const worked = await lastProcessorMs(coordinator);
  await context?.close();
  const times = place
    .ledger()
    .query<{ at: number }>("select created_at as at from evaluations order by rowid")
    .map(({ at }) => at);
  const counted = times.slice(SKIPPED);
  const perSecond = (1000 * (counted.length - 1)) / ((counted.at(-1) as number) - (counted[0] as number));
  return { perSecond, processorMs: worked / times.length };
}

/** Of a process when it was last seen. */
async function lastProcessorMs({ child, ended }: Program): Promise<number> {
  let last = 0;
  const look = setInterval(() => {
    if (child.exitCode === null) last = Math.max(last, processorMs(child.pid as number));
  }, LOOK_EVERY_MS);
  await ended;
  clearInterval(look);
  return last;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
