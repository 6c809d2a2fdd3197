/** The dashboard in a real browser: one run, from its start over its coordinator's death to its end, and one database. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Program, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { CHROMIUM, launch, MISSING } from "./chromium.fixture.ts";
import { contentOf, focused, go, seriousInBoth, tabTo } from "./page.fixture.ts";
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
    opened.setDefaultTimeout(300_000);
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
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    expect(actions()).toEqual([]);
    await page.keyboard.type("Ada");
    await page.keyboard.press("Enter");
    await expect.poll(actions).toMatchObject([{ action: "pause", by: "Ada" }]);
    await expect.poll(() => page.getByTestId("status").textContent()).toBe("Paused");
    await dialog.waitFor({ state: "detached" });
    await settled();
  });

  test("a question keeps the focus, in which axe finds nothing serious, and gives it back when it is left", async () => {
    const dialog = page.getByRole("dialog", { name: "Stop the run" });
    expect(await seriousInBoth(page)).toEqual([]);
    for (const leave of [["Escape"], ["Tab", "Enter"], ["Shift+Tab", "Space"]]) {
      await tabTo(page, "Stop");
      await page.keyboard.press("Enter");
      await dialog.waitFor();
      await expect.poll(() => focused(page)).toBe("Your name, stored with the action");
      if (leave[0] === "Escape") {
        expect(await seriousInBoth(page)).toEqual([]);
        const passed = new Set<string>();
        for (let n = 0; n < 12; n++) {
          await page.keyboard.press("Tab");
          // Between its last place and its first, the focus is on nothing of the page.
          if (await page.evaluate("document.activeElement !== document.body")) passed.add(await focused(page));
        }
        expect([...passed].sort()).toEqual(["Cancel", "Close", "Stop the run", "Your name, stored with the action"]);
      }
      for (const key of leave) await page.keyboard.press(key);
      await dialog.waitFor({ state: "detached" });
      await expect.poll(() => focused(page)).toBe("Stop");
    }
    expect(actions()).toHaveLength(1);
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

  /** Answers the question that is open, by keys, and waits until it is done. */
  const confirmed = async (title: string) => {
    const dialog = page.getByRole("dialog", { name: title });
    await dialog.waitFor();
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
  };

  test("a configuration is injected by keys, counted, and leads to its candidate", async () => {
    await visit(page, pageOf(run, "actions"));
    await page.getByRole("region", { name: "Inject a configuration" }).getByLabel("a", { exact: true }).waitFor();
    await tabTo(page, "a");
    await page.keyboard.type("6");
    await tabTo(page, "Inject");
    await page.keyboard.press("Enter");
    await confirmed("Inject the configuration");
    await expect.poll(() => focused(page)).toBe("Inject");
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

  test("by keys the budget is changed, elites migrate, an evaluator is drained and used again", async () => {
    await tabTo(page, /^Evaluations in all/);
    await page.keyboard.type("2100");
    await page.keyboard.press("Enter");
    await confirmed("Change the budget");
    await expect.poll(() => page.getByTestId("position").textContent()).toContain("2\u2009100");
    await tabTo(page, "Migrate now");
    await page.keyboard.press("Space");
    await confirmed("Migrate now");
    await tabTo(page, /^Drain: /);
    await page.keyboard.press("Space");
    await confirmed("Drain the evaluator");
    await page
      .getByRole("button", { name: /^Use again/ })
      .first()
      .waitFor();
    await tabTo(page, /^Use again: /);
    await page.keyboard.press("Enter");
    await confirmed("Use the evaluator again");
    expect(actions().map(({ action }) => action)).toEqual(["pause", "inject", "budget", "migrate", "drain", "drain"]);
  });

  test("a run that is resumed by keys goes on", async () => {
    const before = evaluations();
    await tabTo(page, "Resume");
    await page.keyboard.press("Space");
    await confirmed("Resume the run");
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
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const shown = async () =>
      Number((await page.getByTestId("position").locator("b").textContent())?.replace(/\D+/g, ""));
    // What it had asked for may still be on its way.
    const followed = async () => {
      const before = await shown();
      await place.ledger().evaluated(evaluations() + 10);
      return (await shown()) - before;
    };
    await expect.poll(followed).toBe(0);
    const stored = evaluations();
    expect(asked.filter((path) => path.endsWith("/events"))).toEqual([]);
    await become("visible");
    await expect.poll(shown).toBeGreaterThan(stored + 4);
    await expect.poll(() => page.getByTestId("freshness").textContent()).toBe("Live");
  });

  test("eight windows of one browser follow the run, which opens six connections to a server", async () => {
    const context = await browser.newContext();
    const windows = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const one = await context.newPage();
        await one.goto(address);
        await visit(one, pageOf(run, "actions"));
        return one;
      }),
    );
    const stored = evaluations();
    for (const one of windows) {
      const position = one.getByTestId("position").locator("b");
      await expect
        .poll(async () => Number((await position.textContent())?.replace(/\D/g, "")), { timeout: 30_000 })
        .toBeGreaterThan(stored);
      await expect.poll(() => one.getByTestId("freshness").textContent()).toBe("Live");
    }
    // The printed address, pasted where the dashboard is open already.
    const [first] = windows as [Page];
    await first.goto(address);
    // The same document goes on: what it shows was there before.
    await expect.poll(() => first.url()).not.toContain("token");
    await first.locator("main h1").waitFor({ timeout: 30_000 });
    await context.close();
  });

  test("a page whose coordinator died says so, and finds the next one", async () => {
    await visit(page, pageOf(run, "run"));
    coordinator.child.kill("SIGKILL");
    await coordinator.ended;
    await page.getByTestId("lost").waitFor();
    await expect.poll(() => page.getByTestId("freshness").textContent()).toBe("Reconnecting");
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

  test("stopping names the winner; the pages of another process end as they would replay, with what was stored", async () => {
    // A process of its own, which stays when the coordinator ends.
    const served = serveDatabase(place, ".kevo/lineage.db");
    const servedAt = await addressOf(served);
    const [follower, replayed] = [await openPage(servedAt), await openPage(servedAt)];
    await visit(follower, pageOf(run, "islands"));
    await follower.getByText("Populations over their batches").waitFor();
    const during = await contentOf(follower);
    const then = evaluations();
    await expect.poll(evaluations).toBeGreaterThan(then + 10);
    await visit(page, pageOf(run, "actions"));
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await tabTo(page, "Stop");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Enter");
    expect((await coordinator.ended).code).toBe(0);
    expect(actions().at(-1)).toMatchObject({ action: "stop", by: "Ada" });
    // Its own server has ended with it, and has told how.
    await expect.poll(() => page.getByTestId("freshness").textContent()).toBe("Ended");
    await expect.poll(() => page.getByTestId("status").textContent()).toBe("Stopped");
    const counted = async () => (await page.getByTestId("position").locator("b").textContent())?.replace(/\D/g, "");
    await expect.poll(async () => Number(await counted())).toBe(evaluations());
    await expect.poll(() => follower.getByTestId("status").textContent()).toBe("Stopped");
    await go(replayed, pageOf(run, "islands", `?at=${evaluations()}`));
    const stored = await contentOf(replayed);
    expect(stored).not.toBe(during);
    // The end of the run and its last results reach the page as they are read, not at once.
    await expect.poll(() => contentOf(follower)).toBe(stored);
    await visit(follower, pageOf(run, "run"));
    await expect.poll(() => numberIn(follower, "evaluations")).toBe(evaluations());
    const [winner] = place.ledger().query<{ best: string }>("select best from runs where id = ?", run);
    await expect
      .poll(() => follower.getByTestId("best").getAttribute("href"))
      .toContain(encodeURIComponent(winner?.best ?? "no winner"));
    await Promise.all([follower.close(), replayed.close()]);
    served.child.kill("SIGTERM");
    await served.ended;
  });

  test("no page failed, spoke up, or asked another host", () => {
    expect(troubles).toEqual([]);
  });
});
