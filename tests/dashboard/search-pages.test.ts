/** The pages of the search in a browser, on a finished database that an enemy wrote. */
import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { CHROMIUM, launch, MISSING } from "./chromium.fixture.ts";
import { buildFinished, type Finished, HOSTILE, MARKUP, MEGABYTE } from "./finished.fixture.ts";
import { contentOf, excessIn, focused, go as goTo, seriousInBoth, seriousOn } from "./page.fixture.ts";
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
  /** What a page must never do, whatever text it shows: fail, speak up, or ask another host. */
  const troubles: string[] = [];

  function watch({ origin }: URL): void {
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("dialog", (dialog) => {
      troubles.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      // A browser reports a refused or a failed request by itself.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        troubles.push(message.text());
    });
    page.on("request", (request) => {
      const url = request.url();
      // A file that the page saves is its own too.
      if (!url.startsWith(`${origin}/`) && !url.startsWith(`blob:${origin}/`)) troubles.push(`asked ${url}`);
    });
  }

  beforeAll(async () => {
    havePages();
    database = buildFinished();
    browser = await launch();
    address = await addressOf(serveDatabase(place, database.builder.path));
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "light" });
    context.setDefaultTimeout(300_000);
    page = await context.newPage();
    watch(new URL(address));
    await page.goto(address);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await visit(page, pageOf(database.run, "run"));
    await page.getByRole("link", { name: "Islands" }).waitFor();
    pages = await listed(page);
  });

  afterAll(async () => {
    await browser?.close();
    await place[Symbol.asyncDispose]();
    database?.builder.remove();
  });

  const go = (hash: string) => goTo(page, hash);

  /** Every page, each at a place where it has something to show. */
  const everyPage = () => [
    ...pages.map(({ hash }) => hash),
    pageOf(database.cells, "cells"),
    pageOf(database.run, "lineage", `?candidate=${encodeURIComponent(database.child)}`),
    "#/research?select=record:enemy",
    "#/research?select=kernel:idea",
    pageOf(database.run, "islands", "?at=20"),
    ...[database.broken, database.child, database.reasoned].map(candidatePage),
  ];
  const candidatePage = (id: string) => pageOf(database.run, "candidates", `?candidate=${encodeURIComponent(id)}`);

  /** Every page is visited once, and all that is asked of every page is asked then. */
  let walk: Promise<readonly Visited[]> | null = null;
  const walked = () => {
    walk ??= walkAll();
    return walk;
  };
  async function walkAll(): Promise<readonly Visited[]> {
    const visited: Visited[] = [];
    for (const hash of everyPage()) {
      await go(hash);
      const markup = await page.locator("main img, main script, main iframe, main b:text-is('x'), [onerror]").count();
      const [title, content] = [await page.title(), await contentOf(page)];
      const text = await page.evaluate<string>("document.body.textContent");
      const serious = await seriousInBoth(page);
      visited.push({ hash, title, content, markup, text, serious, excess: await excessIn(page) });
    }
    return visited;
  }

  test("axe finds nothing serious on any page, dark or light", async () => {
    const found = (await walked()).flatMap(({ hash, serious }) => serious.map((one) => `${hash}: ${one}`));
    expect(found).toEqual([]);
  });

  test("no page is wider than its window, whatever text it shows", async () => {
    expect((await walked()).flatMap(({ hash, excess }) => excess.map((one) => `${hash}: ${one}`))).toEqual([]);
  });

  test("axe finds what it is asked for", async () => {
    await go("#/runs");
    await page.evaluate("document.querySelector('main').append(document.createElement('img'))");
    expect(await seriousOn(page)).toEqual(["image-alt <img>"]);
    await page.reload();
  });

  test("hostile text changes nothing but its own cell", async () => {
    for (const { hash, title, markup, text } of await walked()) {
      expect(title, hash).toMatch(/ · KernelEvolve$/);
      expect(markup, hash).toBe(0);
      // What would reverse the text after it is named instead.
      expect(text, hash).not.toMatch(/\p{Bidi_Control}/u);
    }
  });

  test("hostile text is shown as it is, in the list of runs and in each candidate", async () => {
    await go("#/runs");
    expect(await contentOf(page)).toContain(MARKUP);
    for (const candidate of [database.broken, database.child, database.reasoned]) {
      await go(candidatePage(candidate));
      const shown = await page.getByRole("complementary", { name: "Candidate" }).textContent();
      expect(shown).toContain(MARKUP);
      expect(shown).toContain("U+202E");
      if (candidate !== database.reasoned) expect(shown).toContain(LENGTH);
    }
  });

  test("runs are filtered, and two are compared in one chart, by keys", async () => {
    await go("#/runs");
    for (const key of ["j", "x", "j", "x"]) await page.keyboard.press(key);
    const comparison = page.getByRole("region", { name: "Comparison" });
    await expect.poll(() => comparison.locator("path.step").count()).toBe(2);
    await page.keyboard.press("/");
    await page.keyboard.type("cells");
    await page.getByText("1 of 2 runs").waitFor();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("Delete");
  });

  test("an address of nothing says so, and no connection is called lost", async () => {
    await visit(page, pageOf("nothing", "run"));
    await page.getByText("There is no run nothing", { exact: false }).waitFor();
    // Longer than a short loss, which is not shown.
    await page.waitForTimeout(600);
    expect(await page.getByTestId("lost").count()).toBe(0);
    await go(pageOf(database.run, "candidates", `?filter=${"value%20%3E%201%20and%20".repeat(5000)}1`));
    expect(await page.getByRole("alert").allTextContents()).toEqual(["A filter has at most 2\u2009000 characters."]);
    // Beyond its end, a replay stands at the end.
    await visit(page, pageOf(database.run, "run", "?at=999999999"));
    await expect.poll(() => page.getByTestId("position").textContent()).toBe("60 of 60 evaluations");
  });

  test("a megabyte of text is cut, and its length is said", async () => {
    await go("#/research?select=record:enemy");
    const text = page.getByRole("region", { name: "The choice" });
    await expect.poll(() => text.textContent()).toContain("U+202E");
    const shown = (await text.textContent()) ?? "";
    expect(shown).toContain(MARKUP);
    expect(shown.length).toBeLessThan(MEGABYTE / 4);
    expect(shown).toContain(LENGTH);
    await go(pageOf(database.run, "models"));
    await page.locator("td button.link").first().focus();
    const from = await focused(page);
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Model call" });
    await dialog.getByText("The first", { exact: false }).first().waitFor();
    expect(await dialog.textContent()).toContain(MARKUP);
    expect(await seriousInBoth(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await expect.poll(() => focused(page)).toBe(from);
  });

  test("no link of a work leads to anything but the web", async () => {
    await go("#/research?select=record:enemy");
    const links = await Promise.all((await page.locator("main a").all()).map((link) => link.getAttribute("href")));
    expect(links.filter((href) => !/^(#|https?:)/.test(href ?? ""))).toEqual([]);
  });

  test("each page is two keys away", async () => {
    for (const { keys, hash, title } of pages) {
      // The pages of the database know no run to go back to.
      if (!page.url().includes("#/run/")) await visit(page, pageOf(database.run, "run"));
      await page
        .locator("nav.pages a")
        .nth(pages.length - 1)
        .waitFor();
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
    await expect.poll(() => focused(page)).toBe("Batches of island 1");
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
      const now = (await walked()).find((one) => one.hash === hash)?.content;
      await go(`${hash}?at=60`);
      expect(await contentOf(page), hash).toBe(now);
      await go(`${hash}?at=10`);
      expect(await contentOf(page), hash).not.toBe(now);
    }
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

  test("no page failed, spoke up, or asked another host, whatever text it showed", async () => {
    await walked();
    expect(troubles).toEqual([]);
  });

  test("a page that speaks up, or asks another host, is noticed", async () => {
    await page.evaluate("console.error('planted')");
    await page.evaluate("fetch('http://other.invalid/planted').catch(() => null)");
    await expect.poll(() => troubles.join()).toContain("planted");
    await expect.poll(() => troubles.some((one) => one.includes("other.invalid"))).toBe(true);
  });
});

interface Listed {
  readonly hash: string;
  readonly title: string;
  readonly keys: readonly string[];
}

interface Visited {
  readonly hash: string;
  readonly title: string;
  readonly content: string;
  /** Elements that a text became. */
  readonly markup: number;
  readonly text: string;
  readonly serious: readonly string[];
  /** Windows that it is too wide for. */
  readonly excess: readonly string[];
}

/** Of the texts that are a megabyte long. */
const LENGTH = `of ${(HOSTILE.length + MEGABYTE).toLocaleString("en")} characters`;

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

const short = (candidate: string): string => candidate.split("/").slice(-3).join("/");
