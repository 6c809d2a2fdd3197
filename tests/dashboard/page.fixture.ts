/** What a page says, and what axe finds on it. Code for the page is text, as these tests know no document. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { visit } from "./served.fixture.ts";

/** What the page says, once nothing on it waits. */
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

export const contentOf = (page: Page): Promise<string> => page.evaluate(CONTENT);

/** Until nothing on the page waits for an answer, and what it says stays as it is. */
async function settled(page: Page): Promise<void> {
  // Playwright's own waiting makes code of text, which the policy of the pages forbids.
  const state = (): Promise<string | null> => page.evaluate(SETTLED);
  for (let before: string | null = null; ; ) {
    const now = await state();
    if (now !== null && now === before) return;
    before = now;
    await page.waitForTimeout(50);
  }
}

/** Another page of the same document, as it stands when it has all that it asked for. */
export async function go(page: Page, hash: string): Promise<void> {
  await visit(page, hash);
  // At another position a page keeps its last answer until the next one is there.
  const [, at] = /[?&]at=(\d+)/.exec(hash) ?? [];
  if (at !== undefined)
    await expect.poll(() => page.getByTestId("position").textContent()).toMatch(new RegExp(`^${at} of`));
  await settled(page);
}

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/**
 * Naming what is well, and where, costs the most. What must be loaded beforehand are style sheets, for a rule that is an
 * experiment, and media, of which there are none.
 */
const CHEAP = { resultTypes: ["violations"], selectors: false, preload: false };

/** What axe finds serious on the page as it stands. */
export async function seriousOn(page: Page, rules: readonly string[] | null = null): Promise<string[]> {
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(axe.source);
  const options = { ...CHEAP, ...(rules === null ? {} : { runOnly: rules }) };
  const violations: Violation[] = await page.evaluate(`axe.run(${JSON.stringify(options)}).then((r) => r.violations)`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id} ${html.slice(0, 200)}`));
}

/** In dark and in light, where the colors are all that differs. */
export async function seriousInBoth(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = (await seriousOn(page, ["color-contrast"])).map((one) => `dark: ${one}`);
  await page.emulateMedia({ colorScheme: "light" });
  return [...dark, ...(await seriousOn(page))];
}

const WIDE = { width: 1440, height: 900 };
/** The narrowest that a page must fit without a bar to scroll it sideways (WCAG 1.4.10), and half of a usual one. */
const NARROWER = [720, 320];
/** Pixels by which the page is wider than its window, once what watches its size has drawn. */
const EXCESS = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() =>
  resolve(document.scrollingElement.scrollWidth - innerWidth))))`;

/** Windows that the page as it stands is too wide for. */
export async function excessIn(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const width of NARROWER) {
    await page.setViewportSize({ ...WIDE, width });
    const pixels: number = await page.evaluate(EXCESS);
    if (pixels > 0) found.push(`${pixels} pixels more than ${width}`);
  }
  await page.setViewportSize(WIDE);
  return found;
}

/** What has the focus, as a person hears it named. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(
    "(({ ariaLabel, labels, textContent }) => ariaLabel ?? labels?.[0]?.textContent ?? textContent)(document.activeElement)",
  );

/** Presses the tab key until this has the focus. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = [];
  while (passed.length < 100) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    if (typeof name === "string" ? now === name : name.test(now)) return;
    passed.push(now.slice(0, 30));
  }
  throw new Error(`the tab key does not lead to ${name}, only to ${passed.join(", ")}`);
}
