/** The dashboard in a real browser: one run, from its start over its coordinator's death to its end, and one database. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Program, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { CHROMIUM, launch, MISSING } from "./chromium.fixture.ts";
import { HOSTILE, type HostileDatabase, hostileDatabase } from "./hostile.fixture.ts";
import { addressOf, havePages, numberIn, pageOf, serveDatabase, startRun, visit } from "./served.fixture.ts";

describe.skipIf(CHROMIUM === null)(CHROMIUM === null ? MISSING : "the dashboard in Chromium", () => {
  let browser: Browser;
  let place: Workplace;
  let coordinator: Program;
  let page: Page;
  let address: string;
  let run: string;
  /** What a page must never do: fail, or ask another host. */
  const troubles: string[] = [];

  const evaluations = () => place.ledger().count("evaluations");
  const actions = () =>
    place
      .ledger()
      .query<{ data: string }>("select data from events where kind = 'action' order by id")
      .map(({ data }) => JSON.parse(data) as { action: string; by: string });

  /** Nothing is in progress, so that all numbers stand still. */
  const settled = async () => {
    const pending =
      "select count(*) n from candidates c where answered_by is null and not exists (select 1 from evaluations e where e.candidate = c.id)";
    await expect.poll(() => place.ledger().query<{ n: number }>(pending)[0]?.n).toBe(0);
  };

  async function openPage(url: string): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const { origin } = new URL(url);
    opened.setDefaultTimeout(15_000);
    opened.on("pageerror", (error) => troubles.push(error.message));
    opened.on("dialog", (dialog) => {
      troubles.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    opened.on("console", (message) => {
      // A browser reports a refused or a failed request by itself.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        troubles.push(message.text());
    });
    opened.on("request", (request) => {
      if (!request.url().startsWith(origin)) troubles.push(`asked ${request.url()}`);
    });
    await opened.goto(url);
    return opened;
  }

  beforeAll(async () => {
    havePages();
    place = new Workplace();
    writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 80, failEvery: 9 });
    coordinator = await startRun(place);
    [address, browser] = await Promise.all([addressOf(coordinator), launch()]);
    page = await openPage(address);
    await place.ledger().evaluated(1);
    run = place.ledger().latest().id;
  });
  afterAll(async () => {
    await browser?.close();
    await place?.[Symbol.asyncDispose]();
  });

  test("the printed address shows the run, and then what happens in it", async () => {
    await page.getByRole("link", { name: run }).first().click();
    await expect.poll(() => page.getByTestId("freshness").textContent()).toBe("Live");
    const before = await numberIn(page, "evaluations");
    await expect.poll(() => numberIn(page, "evaluations")).toBeGreaterThan(before + 5);
    await expect.poll(() => page.locator(".chart a").count()).toBeGreaterThan(0);
    expect(page.url()).not.toContain("token");
  });

  test("pausing asks first, is done by keys alone, and is stored with who did it", async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("x");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.keyboard.press("p");
    await page.getByRole("dialog").waitFor();
    expect(actions()).toEqual([]);
    await page.keyboard.type("Ada");
    await page.keyboard.press("Enter");
    await expect.poll(actions).toMatchObject([{ action: "pause", by: "Ada" }]);
    await expect.poll(() => page.getByTestId("status").textContent()).toBe("Paused");
    await settled();
  });

  test("the overview of a paused run has the numbers of the database", async () => {
    await visit(page, pageOf(run, "run"));
    await expect.poll(() => numberIn(page, "evaluations")).toBe(evaluations());
    const failed = page.locator("[data-testid=summary] > div").filter({ hasText: "Failed candidates" });
    const [stored] = place.ledger().query<{ n: number }>("select count(*) n from evaluations where outcome <> 'ok'");
    await expect
      .poll(async () => Number.parseInt((await failed.locator("dd").textContent()) ?? "", 10))
      .toBe(stored?.n);
  });

  test("candidates are filtered by an expression, chosen and opened by keys", async () => {
    await visit(page, pageOf(run, "candidates"));
    const rows = page.getByRole("grid", { name: "Candidates" });
    await rows.waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type('status == "ok" and a < 3');
    const [stored] = place
      .ledger()
      .query<{ n: number }>(
        "select count(*) n from candidates c join evaluations e on e.candidate = coalesce(c.answered_by, c.id) where outcome = 'ok' and json_extract(config, '$.a') < 3",
      );
    await expect
      .poll(async () => Number.parseInt((await page.getByTestId("matched").textContent()) ?? "", 10))
      .toBe(stored?.n);
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await page.keyboard.press("o");
    const detail = page.getByRole("complementary", { name: "Candidate" });
    await detail.getByText("Configuration").waitFor();
    const best =
      "select c.id from candidates c join evaluations e on e.candidate = coalesce(c.answered_by, c.id) where outcome = 'ok' and json_extract(config, '$.a') < 3 order by fitness desc limit 8";
    const ids = place
      .ledger()
      .query<{ id: string }>(best)
      .map(({ id }) => id);
    expect(ids).toContain(await detail.getByRole("heading", { level: 2 }).textContent());
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "detached" });
  });

  test("a filter that cannot be read says so and keeps the rows", async () => {
    await page.keyboard.press("/");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("a <");
    await page.getByRole("alert").first().waitFor();
    expect(await page.getByRole("row").count()).toBeGreaterThan(1);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("Delete");
    await page.getByRole("alert").first().waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
  });

  test("a configuration is injected, counted and leads to its candidate", async () => {
    await visit(page, pageOf(run, "actions"));
    const form = page.getByRole("region", { name: "Inject a configuration" });
    await form.getByLabel("a", { exact: true }).selectOption("6");
    await form.getByRole("button", { name: "Inject" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Inject" }).click();
    const link = page.getByTestId("outcome").getByRole("link");
    await link.waitFor();
    const candidate = await link.textContent();
    const [stored] = place
      .ledger()
      .query<{ proposer: string; a: number }>(
        "select proposer, json_extract(config, '$.a') a from candidates where id = ?",
        candidate,
      );
    expect(stored).toEqual({ proposer: "injected", a: 6 });
  });

  test("the budget is changed, elites migrate, an evaluator is drained and used again", async () => {
    const dialog = page.getByRole("dialog");
    await page.getByLabel("Evaluations in all").fill("2100");
    await page.getByRole("button", { name: "Change the budget" }).click();
    await dialog.getByRole("button", { name: "Change the budget" }).click();
    await dialog.waitFor({ state: "detached" });
    await expect.poll(() => page.getByTestId("position").textContent()).toContain("2\u2009100");
    await page.keyboard.press("m");
    await dialog.getByRole("button", { name: "Migrate" }).click();
    await dialog.waitFor({ state: "detached" });
    await page
      .getByRole("button", { name: /^Drain/ })
      .first()
      .click();
    await dialog.getByRole("button", { name: "Drain" }).click();
    await dialog.waitFor({ state: "detached" });
    await page
      .getByRole("button", { name: /^Use again/ })
      .first()
      .click();
    await dialog.getByRole("button", { name: "Use again" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(actions().map(({ action }) => action)).toEqual(["pause", "inject", "budget", "migrate", "drain", "drain"]);
  });

  test("a resumed run goes on", async () => {
    const before = evaluations();
    await page.keyboard.press("p");
    await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
    await expect.poll(evaluations).toBeGreaterThan(before + 5);
    await expect.poll(() => page.getByTestId("status").textContent()).toBe("Running");
  });

  test("a page that nobody sees holds no connection, and goes on when it is seen", async () => {
    const become = (state: string) =>
      page.evaluate(
        `Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true }); document.dispatchEvent(new Event("visibilitychange"))`,
      );
    const closed = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/events"));
    await become("hidden");
    await closed;
    const shown = async () =>
      Number((await page.getByTestId("position").locator("b").textContent())?.replace(/\D+/g, ""));
    const [before, stored] = [await shown(), evaluations()];
    await place.ledger().evaluated(stored + 5);
    expect(await shown()).toBe(before);
    await become("visible");
    await expect.poll(shown).toBeGreaterThan(stored + 4);
    await expect.poll(() => page.getByTestId("freshness").textContent()).toBe("Live");
  });

  test("a page whose coordinator died says so, and finds the next one", async () => {
    await visit(page, pageOf(run, "run"));
    coordinator.child.kill("SIGKILL");
    await coordinator.ended;
    await page.getByTestId("lost").waitFor();
    expect(await page.getByTestId("freshness").textContent()).toBe("Reconnecting");
    expect(await numberIn(page, "evaluations")).toBeGreaterThan(0);
    const before = evaluations();
    coordinator = place.start("coordinator", ["resume"]);
    // The token too is the one from before.
    expect(await addressOf(coordinator)).toBe(address);
    await page.getByTestId("lost").waitFor({ state: "detached" });
    await expect.poll(() => page.getByTestId("freshness").textContent()).toBe("Live");
    await expect.poll(() => numberIn(page, "evaluations")).toBeGreaterThan(before);
  });

  test("another origin reads nothing and does nothing", async () => {
    const { origin, hash } = new URL(address);
    const token = hash.replace("#token=", "");
    const before = actions().length;
    const other: Server = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end("<p>other</p>"),
    );
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    try {
      const stranger = await browser.newPage();
      await stranger.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
      // As text, because what runs in the page is not this program.
      const attempt = (path: string, init: object) =>
        `fetch(${JSON.stringify(origin + path)}, ${JSON.stringify(init)}).then((r) => r.text()).catch((e) => "refused")`;
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const stop = `/api/v1/runs/${run}/actions/stop`;
      expect(await stranger.evaluate(attempt("/api/v1/runs", {}))).toBe("refused");
      expect(await stranger.evaluate(attempt("/api/v1/runs", { headers }))).toBe("refused");
      expect(await stranger.evaluate(attempt(stop, { method: "POST", headers, body: "{}" }))).toBe("refused");
      expect(await stranger.evaluate(attempt(stop, { method: "POST", mode: "no-cors", body: "{}" }))).toBe("refused");
      await stranger.close();
    } finally {
      other.close();
    }
    expect(actions()).toHaveLength(before);
    expect(place.ledger().latest().status).toBe("running");
  });

  test("stopping names the winner, and the page of the database shows it as the coordinator reported it", async () => {
    await visit(page, pageOf(run, "actions"));
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop the run" }).click();
    expect((await coordinator.ended).code).toBe(0);
    expect(actions().at(-1)).toMatchObject({ action: "stop" });
    const served = serveDatabase(place, ".kevo/lineage.db");
    const finished = await openPage(await addressOf(served));
    await visit(finished, pageOf(run, "run"));
    await expect.poll(() => numberIn(finished, "evaluations")).toBe(evaluations());
    expect(await finished.getByTestId("status").textContent()).toBe("Stopped");
    const [stored] = place.ledger().query<{ best: string }>("select best from runs where id = ?", run);
    expect(await finished.getByTestId("best").getAttribute("href")).toContain(encodeURIComponent(stored?.best ?? ""));
    await finished.close();
    served.child.kill("SIGTERM");
    await served.ended;
  });

  describe("hostile text", () => {
    let database: HostileDatabase;
    let hostile: Page;

    beforeAll(async () => {
      database = hostileDatabase();
      hostile = await openPage(await addressOf(serveDatabase(place, database.path)));
    });
    afterAll(() => database?.remove());

    const PAGES = ["run", "candidates", "islands", "lineage", "landscape", "cells", "models", "actions"];
    test.each(PAGES)("is text on the page %s", async (name) => {
      const { reasoned } = database.candidates;
      await visit(
        hostile,
        pageOf(database.run, name, name === "lineage" ? `?candidate=${encodeURIComponent(reasoned)}` : ""),
      );
      await expect.poll(() => hostile.locator("main").textContent()).not.toContain("Loading");
      expect(await hostile.evaluate("window.hacked")).toBeUndefined();
      expect(await hostile.locator("main img, main script, main b:text-is('x')").count()).toBe(0);
    });

    test.each(["failed", "reasoned", "long"] as const)("is text in the detail of a candidate: %s", async (which) => {
      await visit(
        hostile,
        pageOf(database.run, "candidates", `?candidate=${encodeURIComponent(database.candidates[which])}`),
      );
      const detail = hostile.getByRole("complementary", { name: "Candidate" });
      await detail.getByText("Configuration").waitFor();
      if (which === "long") await detail.getByText("of 1,048,576 characters").first().waitFor();
      else {
        const shown = await detail.textContent();
        expect(shown).toContain("<script>window.hacked=1</script>");
        expect(shown).toContain("U+202E");
        expect(shown).not.toContain("\u202e");
      }
      expect(await hostile.evaluate("window.hacked")).toBeUndefined();
      expect(await detail.locator("img, script").count()).toBe(0);
    });

    test("runs are filtered, and two are compared in one chart, by keys", async () => {
      await visit(hostile, "#/runs");
      await hostile.getByRole("link", { name: "plain" }).waitFor();
      for (const key of ["j", "x", "j", "x"]) await hostile.keyboard.press(key);
      const comparison = hostile.getByRole("region", { name: "Comparison" });
      await expect.poll(() => comparison.locator("path.step").count()).toBe(2);
      await hostile.keyboard.press("/");
      await hostile.keyboard.type("plain");
      await hostile.getByText("1 of 2 runs").waitFor();
      await hostile.keyboard.press("ControlOrMeta+a");
      await hostile.keyboard.press("Delete");
    });

    test("is text in the list of runs, and in the title", async () => {
      await visit(hostile, "#/runs");
      await expect.poll(() => hostile.locator("main").textContent()).toContain(HOSTILE.slice(0, 20));
      expect(await hostile.title()).toBe("Runs · KernelEvolve");
    });
  });

  test("no page failed, spoke up, or asked another host", () => {
    expect(troubles).toEqual([]);
  });
});
