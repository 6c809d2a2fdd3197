/** What two open pages cost a live run: its evaluations per second with them and without, in turn. */
import type { Browser } from "playwright-core";
import { addressOf, pageOf } from "../../tests/dashboard/served.fixture.ts";
import { Workplace } from "../../tests/support/programs.ts";
import { writeSyntheticSpace } from "../../tests/support/synthetic-space.ts";
import type { Waiting } from "./browser.ts";

const ROUNDS = 3;
const EVALUATIONS = 600;
/** While the run and the pages start nothing is counted. */
const SKIPPED = 150;
const PAGES = ["run", "candidates"] as const;

export async function measureThroughput(browser: Browser): Promise<Waiting[]> {
  const rates: Record<"none" | "open", number[]> = { none: [], open: [] };
  // In turn, so that what else the machine does meets both.
  for (let round = 0; round < ROUNDS; round++) {
    rates.none.push(await rateOf(null));
    rates.open.push(await rateOf(browser));
  }
  const [none, open] = [median(rates.none), median(rates.open)];
  const lost = `${(100 * (1 - open / none)).toFixed(1)} %`;
  const value = `${lost} (${none.toFixed(1)}/s, ${open.toFixed(1)}/s)`;
  return [{ what: "evaluations per second lost to two pages", value, limit: "3 %" }];
}

async function rateOf(browser: Browser | null): Promise<number> {
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
  await coordinator.ended;
  await context?.close();
  const times = place
    .ledger()
    .query<{ at: number }>("select created_at as at from evaluations order by rowid")
    .map(({ at }) => at);
  const counted = times.slice(SKIPPED);
  return (1000 * (counted.length - 1)) / ((counted.at(-1) as number) - (counted[0] as number));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
