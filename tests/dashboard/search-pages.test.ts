/** The pages of the search in a browser, on a finished database that an enemy wrote. */
import { readFileSync } from "node:fs";
import axe from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { CHROMIUM, launch, MISSING } from "./chromium.fixture.ts";
import { buildFinished, type Finished, HOSTILE, MARKUP, MEGABYTE } from "./finished.fixture.ts";
import { addressOf, havePages, pageOf, serveDatabase, visit } from "./served.fixture.ts";

if (CHROMIUM === null) console.error(`Skipped: ${MISSING}.`);

describe.skipIf(CHROMIUM === null)("the pages of the search", () => {
  const place = new Workplace();
  let database: Finished;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let address: string;
  let pages: readonly Listed[];

  beforeAll(async () => {
    havePages();
    database = buildFinished();
    browser = await launch();
    address = await addressOf(serveDatabase(place, database.builder.path));
    [context, page] = await opened("light");
    await visit(page, pageOf(database.run, "run"));
    await page.getByRole("link", { name: "Islands" }).waitFor();
    pages = await listed(page);
  });

  afterAll(async () => {
    await browser?.close();
    await place[Symbol.asyncDispose]();
    database?.builder.remove();
  });

  async function opened(colorScheme: "light" | "dark"): Promise<[BrowserContext, Page]> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme });
    const page = await context.newPage();
    await page.goto(address);
    await page.getByRole("heading", { level: 1 }).waitFor();
    return [context, page];
  }

  const go = async (hash: string, on = page) => {
    await visit(on, hash);
    // At another position a page keeps its last answer until the next one is there.
    const [, at] = /[?&]at=(\d+)/.exec(hash) ?? [];
    if (at !== undefined)
      await expect.poll(() => on.getByTestId("position").textContent()).toMatch(new RegExp(`^${at} of`));
    await settled(on);
  };

  /** Every page, each at a place where it has something to show. */
  const everyPage = () => [
    ...pages.map(({ hash }) => hash),
    pageOf(database.cells, "cells"),
    pageOf(database.run, "lineage", `?candidate=${encodeURIComponent(database.child)}`),
    "#/research?select=record:enemy",
    "#/research?select=kernel:idea",
    pageOf(database.run, "islands", "?at=20"),
  ];

  test.each(["light", "dark"] as const)("axe finds nothing serious on any page, %s", async (colorScheme) => {
    const [own, shown] = await opened(colorScheme);
    const found: string[] = [];
    for (const hash of everyPage()) {
      await go(hash, shown);
      // The colors are all that differs.
      const rules = colorScheme === "dark" ? ["color-contrast"] : null;
      found.push(...(await seriousOn(shown, rules)).map((one) => `${hash}: ${one}`));
    }
    await own.close();
    expect(found).toEqual([]);
  });

  test("axe finds what it is asked for", async () => {
    await go("#/runs");
    await page.evaluate("document.querySelector('main').append(document.createElement('img'))");
    expect(await seriousOn(page)).toEqual(["image-alt <img>"]);
    await page.reload();
  });

  test("hostile text changes nothing but its own cell", async () => {
    const title = / · KernelEvolve$/;
    for (const hash of everyPage()) {
      await go(hash);
      expect(await page.title(), hash).toMatch(title);
      expect(await page.locator("main img, main script, main iframe, [onerror]").count(), hash).toBe(0);
      // What would reverse the text after it is named instead.
      expect(await page.evaluate("document.body.textContent"), hash).not.toMatch(/\p{Bidi_Control}/u);
    }
  });

  test("a megabyte of text is cut, and its length is said", async () => {
    await go("#/research?select=record:enemy");
    const text = page.getByRole("region", { name: "The choice" });
    await expect.poll(() => text.textContent()).toContain("U+202E");
    const shown = (await text.textContent()) ?? "";
    expect(shown).toContain(MARKUP);
    expect(shown.length).toBeLessThan(MEGABYTE / 4);
    expect(shown).toContain(`of ${(HOSTILE.length + MEGABYTE).toLocaleString("en")} characters`);
    await go(pageOf(database.run, "models"));
    await page.locator("td button.link").first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("The first", { exact: false }).first().waitFor();
    expect(await dialog.textContent()).toContain(MARKUP);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  test("no link of a work leads to anything but the web", async () => {
    await go("#/research?select=record:enemy");
    const links = await Promise.all((await page.locator("main a").all()).map((link) => link.getAttribute("href")));
    expect(links.filter((href) => !/^(#|https?:)/.test(href ?? ""))).toEqual([]);
  });

  test("each page is two keys away", async () => {
    for (const { keys, hash, title } of pages) {
      await go(pageOf(database.run, "run"));
      for (const key of keys) await page.keyboard.press(key);
      await expect.poll(() => page.url()).toContain(hash);
      await expect.poll(() => page.title()).toBe(`${title} · KernelEvolve`);
    }
  });

  test("an ancestry is walked with the arrow keys, and saved as a file that needs no page", async () => {
    await go(pageOf(database.run, "lineage", `?candidate=${encodeURIComponent(database.child)}`));
    const detail = page.locator(".detail h2");
    await expect.poll(() => detail.textContent()).toBe(short(database.child));
    const parents = await page.locator(".detail .parent h3 button").allTextContents();
    expect(parents).toHaveLength(2);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => detail.textContent()).not.toBe(short(database.child));
    expect(parents.map((name) => name.split(" ").at(-1))).toContain(await detail.textContent());
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => detail.textContent()).toBe(short(database.child));
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("s")]);
    const svg = readFileSync((await download.path()) as string, "utf8");
    expect(svg).toContain(database.run);
    expect(svg).not.toMatch(/class=|style=|<img|<script|\u202e/);
    const alone = await context.newPage();
    await alone.goto(`data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`);
    expect(await alone.evaluate("document.documentElement.nodeName")).toBe("svg");
    await alone.close();
  });

  test("a cell leads to its island, by keyboard alone", async () => {
    await go(pageOf(database.cells, "cells"));
    await page.locator(".cell").first().focus();
    // Past a gap: there is no cell of this model with the hostile name.
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    const detail = page.locator(".cell-detail");
    await expect.poll(() => detail.textContent()).toContain("m/llama-3.2-1b/s1024");
    await detail.getByRole("link", { name: /^Island/ }).press("Enter");
    const focused = () => page.evaluate("document.activeElement.getAttribute('aria-label')");
    await expect.poll(focused).toBe("Batches of island 1");
  });

  test("from a post to the kernel that came of it, and to the run that evolved it", async () => {
    await go("#/research");
    const column = (name: string) => page.locator(".column", { has: page.getByRole("heading", { name }) });
    expect(await column("Ideas").locator(".item").count()).toBe(2);
    await column("Works").locator(".item").first().press("Enter");
    await expect.poll(() => column("Ideas").locator(".item").count()).toBe(1);
    await column("Kernels").locator(".item").press("Enter");
    await page.getByRole("link", { name: "The run that evolved it" }).press("Enter");
    await expect.poll(() => page.url()).toContain(pageOf(database.run, "run"));
  });

  test("a replay at its end shows what the page shows now, on every page", async () => {
    // Actions are of the present alone, and the page of a replay says so.
    const ofRun = pages.filter(({ hash }) => hash.startsWith("#/run/") && !hash.endsWith("/actions"));
    expect(ofRun.length).toBeGreaterThan(6);
    for (const { hash } of ofRun) {
      await go(hash);
      const now = await page.evaluate(CONTENT);
      await go(`${hash}?at=60`);
      expect(await page.evaluate(CONTENT), hash).toBe(now);
      await go(`${hash}?at=10`);
      expect(await page.evaluate(CONTENT), hash).not.toBe(now);
    }
  });

  test("a run that was followed to its end, and its replay to that end, show the same", async () => {
    writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 100, failEvery: 9 });
    const search = [
      "--space",
      "space.json",
      "--time-scale",
      "1",
      "--islands",
      "2",
      "--evaluations",
      "100",
      "--seed",
      "1",
    ];
    const coordinator = place.start("coordinator", ["start", ...search, "--no-dashboard"]);
    await place.ledger().evaluated(1);
    const { id } = place.ledger().latest();
    // A process of its own, which stays when the coordinator ends.
    const live = await context.newPage();
    await live.goto(await addressOf(serveDatabase(place, place.file(".kevo/lineage.db"))));
    await live.locator("main h1").waitFor();
    await visit(live, pageOf(id, "islands"));
    await live.getByText("Populations over their batches").waitFor();
    const during = await live.evaluate(CONTENT);
    expect(place.ledger().latest().status).toBe("running");
    expect((await coordinator.ended).code).toBe(0);
    await live.getByTestId("status").getByText("Completed").waitFor();
    await settled(live);
    const followed = await live.evaluate(CONTENT);
    expect(followed).not.toBe(during);
    await go(pageOf(id, "islands", "?at=100"), live);
    expect(await live.evaluate(CONTENT)).toBe(followed);
    await live.close();
  });

  test("a replay is played, paused, stepped and closed by keyboard", async () => {
    await go(pageOf(database.run, "islands", "?at=0"));
    const slider = page.getByRole("slider", { name: "Evaluation" });
    expect(await slider.inputValue()).toBe("0");
    await page.keyboard.press(".");
    await expect.poll(() => slider.inputValue()).toBe("1");
    await page.keyboard.press("]");
    await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(1);
    for (let faster = 0; faster < 8; faster++) await page.keyboard.press(">");
    await page.keyboard.press("p");
    await expect.poll(() => slider.inputValue()).toBe("60");
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    await page.keyboard.press("r");
    await slider.waitFor({ state: "detached" });
    expect(page.url()).not.toContain("at=");
  });

  test("every place of a page that acts can be reached with the tab key", async () => {
    for (const hash of [pageOf(database.run, "landscape"), pageOf(database.run, "islands"), "#/research"]) {
      await go(hash);
      const acting = page.locator("main a, main button:enabled, main input, main select, main [role=slider]");
      const hidden = await acting.and(page.locator("[tabindex='-1']")).count();
      expect(hidden, hash).toBe(0);
    }
  });
});

interface Listed {
  readonly hash: string;
  readonly title: string;
  readonly keys: readonly string[];
}

/** The pages as the navigation lists them. */
async function listed(page: Page): Promise<Listed[]> {
  const links = await page.locator("nav.pages a").all();
  return Promise.all(
    links.map(async (link) => ({
      hash: (await link.getAttribute("href")) ?? "",
      title: (await link.textContent()) ?? "",
      keys: ((await link.getAttribute("title")) ?? "").replace("Keys: ", "").split(" "),
    })),
  );
}

/** Code for the page is text, as these tests know no document. What the page says, once nothing on it waits. */
const SETTLED = `(() => {
  const main = document.querySelector("main");
  const waits = main.ariaBusy === "true" || main.querySelector(".loading") !== null || main.querySelector("h1") === null;
  return waits ? null : main.textContent;
})()`;
/** What a page says, without the bar of the replay. */
const CONTENT = `(() => {
  const copy = document.querySelector("main").cloneNode(true);
  copy.querySelector(".replay")?.remove();
  return copy.textContent.trim();
})()`;

const short = (candidate: string): string => candidate.split("/").slice(-3).join("/");

/** Until nothing on the page waits for an answer, and what it says stays as it is. */
async function settled(page: Page): Promise<void> {
  // Playwright's own waiting makes code of text, which the policy of the pages forbids.
  const state = (): Promise<string | null> => page.evaluate(SETTLED);
  for (let before: string | null = null; ; ) {
    const now = await state();
    if (now !== null && now === before) return;
    before = now;
    await page.waitForTimeout(100);
  }
}

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

async function seriousOn(page: Page, rules: readonly string[] | null = null): Promise<string[]> {
  await page.evaluate(axe.source);
  const options = rules === null ? {} : { runOnly: rules };
  const violations: Violation[] = await page.evaluate(`axe.run(${JSON.stringify(options)}).then((r) => r.violations)`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id} ${html.slice(0, 200)}`));
}
