/** What a person waits for at the dashboard's pages, and what they take of the browser's memory. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";

export interface Waiting {
  readonly what: string;
  readonly value: string;
  readonly limit: string;
}

const REPEATS = 5;
const FILTERS = [
  "value > 1.5",
  "A < 8 and B > 32",
  'status != "ok"',
  'proposer == "mutation" and value > 2',
  "C == 77777",
];

const ROW = ".row-space .row .status";

/** Notes in the page when the first rows are painted, and when the first answer with rows had come. Text: it runs in the page. */
const WATCH = `(() => {
  window.kevo = {};
  const look = () => {
    if (document.querySelector(${JSON.stringify(ROW)}) === null) return requestAnimationFrame(look);
    // The frame after the one that has them.
    requestAnimationFrame(() => { window.kevo.painted = performance.now(); });
  };
  requestAnimationFrame(look);
})()`;

/** From a key press to the frame that shows another count of matching rows. */
const filterTime = (text: string) => `new Promise((resolve) => {
  const input = document.querySelector("[data-filter]");
  const count = document.querySelector("[data-testid=matched]");
  const before = count.textContent;
  const started = performance.now();
  input.value = ${JSON.stringify(text)};
  input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  const look = () => count.textContent === before ? requestAnimationFrame(look)
    : requestAnimationFrame(() => resolve(performance.now() - started));
  look();
})`;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const ms = (value: number): string => `${value.toFixed(0)} ms`;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** @param address with the token. */
export async function measurePages(browser: Browser, address: string, run: string): Promise<Waiting[]> {
  const candidates = `#/run/${encodeURIComponent(run)}/candidates`;
  const [opened, painted]: [number[], number[]] = [[], []];
  let page: Page | null = null;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    await page?.context().close();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    await page.goto(address);
    await page.getByRole("heading", { name: "Runs" }).waitFor();
    await page.addInitScript(WATCH);
    await page.goto(page.url().replace(/#.*/, "") + candidates);
    await page.reload();
    await until(page, "window.kevo.painted");
    const answered = `performance.getEntriesByType("resource").findLast(({ name }) => name.includes("/candidates?")).responseEnd`;
    const [seen, came] = (await page.evaluate(`[window.kevo.painted, ${answered}]`)) as [number, number];
    opened.push(seen);
    painted.push(seen - came);
  }
  if (page === null) throw new Error("no page was opened");
  const filtered: number[] = [];
  for (const text of FILTERS) filtered.push((await page.evaluate(filterTime(text))) as number);
  await page.evaluate(filterTime(""));
  await scrollThrough(page);
  const memory = await memoryOf(page);
  return [
    { what: "the answer to the first rows painted", value: ms(median(painted)), limit: "1 s" },
    { what: "opening the page to the first rows painted", value: ms(median(opened)), limit: "" },
    { what: "a filter's last key to its rows, median", value: ms(median(filtered)), limit: "100 ms" },
    { what: "the same, worst", value: ms(Math.max(...filtered)), limit: "" },
    { what: "memory of the page's own process", value: mb(memory.process), limit: "300 MB" },
    { what: "its JavaScript heap", value: mb(memory.heap), limit: "" },
  ];
}

/** The page's policy forbids code made of text, which playwright's own waiting needs. */
async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) await page.waitForTimeout(5);
}

/** All of a long table passes by, as under a person's thumb. */
async function scrollThrough(page: Page): Promise<void> {
  const height = (await page.evaluate("document.querySelector('.rows').scrollHeight")) as number;
  for (let step = 0; step <= 40; step++) {
    await page.evaluate(`document.querySelector(".rows").scrollTop = ${(height * step) / 40}`);
    await page.waitForTimeout(25);
  }
  await until(page, `document.querySelector(${JSON.stringify(ROW)}) !== null`);
}

async function memoryOf(page: Page): Promise<{ process: number; heap: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0;
  const system = await page.context().browser()?.newBrowserCDPSession();
  const { processInfo } = (await system?.send("SystemInfo.getProcessInfo")) ?? { processInfo: [] };
  const sizes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => privateBytes(id));
  return { process: Math.max(0, ...sizes), heap };
}

/** What a process has for itself: programs' code that several share is counted for none. */
function privateBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return [...text.matchAll(/^Private_\w+: +(\d+) kB/gm)].reduce((sum, [, kb]) => sum + Number(kb) * 1024, 0);
}

/** From an address to a page that shows the run live. Milliseconds. */
export async function timeToLive(browser: Browser, address: string, run: string): Promise<number> {
  const page = await browser.newPage();
  const started = performance.now();
  await page.goto(address);
  await page.getByRole("link", { name: run }).first().click();
  await page.getByTestId("freshness").getByText("Live").waitFor();
  await page.getByTestId("evaluations").waitFor();
  const taken = performance.now() - started;
  await page.close();
  return taken;
}
