/**
 * The pictures of the dashboard: `npm run docs:dashboard` writes docs/dashboard/*.png, one of each page.
 *
 *     npm run docs:dashboard [-- --all FOLDER]    # every page, dark and light, wide and narrow, to look at
 *
 * The run is a replay of what an H200 measured, with the project's own fake of a language model; the research run is the
 * recorded demonstration; the cells are the winners of results/h200/ten-models. The actions are those of a live run, on a
 * made-up space. With --all there are also the pages of that run, of an empty database, and of runs with little to show.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Browser, Page } from "playwright-core";
import { launch } from "../../tests/dashboard/chromium.fixture.ts";
import { addressOf, havePages, pageOf, serveDatabase, startRun, visit } from "../../tests/dashboard/served.fixture.ts";
import { answerers } from "../../tests/fakes/xai/answerers.ts";
import { startFakeXai } from "../../tests/fakes/xai/server.ts";
import { Workplace } from "../../tests/support/programs.ts";
import { writeSyntheticSpace } from "../../tests/support/synthetic-space.ts";
import { recordedCells } from "./recorded-cells.ts";
import { emptyDatabase, sparseRuns } from "./sparse-runs.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const SPACE = path("../../results/h200/recorded/ten-models-llama-3.2-1b-s1024.json.gz");
const SEARCH = ["--islands", "4", "--evaluations", "320", "--migrate-every", "3", "--sync", "--seed", "1"];
const MODEL = ["--llm", "grok-4.3", "--budget-usd", "1"];
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const SCHEMES = ["light", "dark"] as const;
const WINDOWS = Object.entries(SIZES).flatMap(([size, viewport]) =>
  SCHEMES.map((colorScheme) => [size, viewport, colorScheme] as const),
);

interface Picture {
  readonly name: string;
  readonly address: string;
  readonly hash: string;
  /** What is done on the page before. */
  readonly act?: (page: Page) => Promise<void>;
}

const { values } = parseArgs({ options: { all: { type: "string" } } });
havePages();
await using place = new Workplace();
const run = await search();
await done("research-stage", ["run", "--recording", "--db", place.file("lineage.db")]);
const descendant = await wellDescended();
const cells = recordedCells();
const [empty, sparse] = [emptyDatabase(), sparseRuns()];
await using livePlace = new Workplace();
const live = await liveRun();
const browser = await launch();
try {
  const address = await addressOf(serveDatabase(place, place.file("lineage.db")));
  const ofCells = await addressOf(serveDatabase(place, cells.path));
  const page = (name: string, of = name, query = ""): Picture => ({ name, address, hash: pageOf(run, of, query) });
  const pictures: Picture[] = [
    { name: "runs", address, hash: "#/runs" },
    ...["run", "candidates", "islands", "landscape", "models"].map((name) => page(name)),
    page("lineage", "lineage", `?candidate=${encodeURIComponent(descendant)}`),
    { name: "cells", address: ofCells, hash: pageOf(cells.run, "cells") },
    { name: "research", address, hash: "#/research?select=kernel:idea-2-1" },
    page("replay", "islands", "?at=120"),
    { name: "actions", address: live.address, hash: pageOf(live.run, "actions") },
    ...(values.all === undefined ? [] : [...pagesOfChoices(page), ...(await rarePages())]),
  ];
  const folder = values.all ?? path("../dashboard");
  mkdirSync(folder, { recursive: true });
  const isLive = (one: Picture) => one.address === live.address;
  // First those of the live run, which ends.
  for (const part of [pictures.filter(isLive), pictures.filter((one) => !isLive(one))]) {
    for (const [size, viewport, colorScheme] of WINDOWS) {
      const wanted = part.filter(
        ({ name }) => values.all !== undefined || (size === "wide" && (colorScheme === "light" || name === "run")),
      );
      const suffix = values.all === undefined ? (colorScheme === "dark" ? "-dark" : "") : `-${colorScheme}-${size}`;
      const whole = values.all !== undefined;
      await shoot(browser, wanted, {
        viewport,
        colorScheme,
        whole,
        file: (name) => join(folder, `${name}${suffix}.png`),
      });
    }
  }
} finally {
  await browser.close();
  for (const { remove } of [cells, empty, sparse]) remove();
}

/** A run that goes on until the pictures are made. */
async function liveRun(): Promise<{ run: string; address: string }> {
  writeSyntheticSpace(livePlace.file("space.json"), { benchmarkMs: 80, failEvery: 9 });
  const address = await addressOf(await startRun(livePlace));
  await livePlace.ledger().evaluated(60);
  return { run: livePlace.ledger().latest().id, address };
}

/** Of the run, with something chosen, or as they are when it is over. */
function pagesOfChoices(page: (name: string, of: string, query?: string) => Picture): Picture[] {
  return [
    page("candidate", "candidates", `?candidate=${encodeURIComponent(descendant)}`),
    page("actions-over", "actions"),
    { ...page("call", "models"), act: (shown) => shown.locator("td button.link").first().click() },
  ];
}

/** What is seldom seen, and never in the documentation. */
async function rarePages(): Promise<Picture[]> {
  const { address } = live;
  const ofEmpty = await addressOf(serveDatabase(place, empty.path));
  const ofSparse = await addressOf(serveDatabase(place, sparse.path));
  return [
    { name: "live-run", address, hash: pageOf(live.run, "run") },
    { name: "live-models", address, hash: pageOf(live.run, "models") },
    {
      ...{ name: "live-confirm", address, hash: pageOf(live.run, "actions") },
      act: (page) => page.getByRole("button", { name: "Stop" }).click(),
    },
    {
      ...{ name: "live-keys", address, hash: pageOf(live.run, "candidates") },
      act: (page) => page.keyboard.press("?"),
    },
    ...["runs", "research"].map((name) => ({ name: `empty-${name}`, address: ofEmpty, hash: `#/${name}` })),
    { name: "sparse-runs", address: ofSparse, hash: "#/runs" },
    ...["single", "failing"].flatMap((run) =>
      ["run", "candidates", "islands", "lineage", "landscape", "cells", "models"].map((name) => ({
        ...{ name: `${run}-${name}`, address: ofSparse, hash: pageOf(run, name) },
      })),
    ),
  ];
}

/** @returns the run's id. */
async function search(): Promise<string> {
  const fake = await startFakeXai({ answerers });
  try {
    const options = ["--space", SPACE, ...SEARCH, ...MODEL, "--no-dashboard", "--json"];
    const env = { LLM_BASE_URL: fake.url, XAI_API_KEY: "any" };
    const stdout = await done("coordinator", ["start", ...options, "--db", place.file("lineage.db")], env);
    return (JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { run: string }).run;
  } finally {
    await fake.close();
  }
}

/** The best of the crossovers with a few ancestors: its graph shows the most. */
async function wellDescended(): Promise<string> {
  const query = `with recursive a (c, root) as (select id, id from candidates where run = '${run}' and proposer = 'crossover'
      union select p.parent, a.root from a join parents p on p.candidate = a.c)
    select root, count(*) as n from a join evaluations e on e.candidate = root
    where e.fitness is not null group by root having n between 6 and 16 order by e.fitness desc limit 1`;
  const rows = JSON.parse(
    await done("coordinator", ["lineage", "sql", query, "--json", "--db", place.file("lineage.db")]),
  );
  return (rows as [{ root: string }])[0].root;
}

async function done(program: "coordinator" | "research-stage", args: string[], env = {}): Promise<string> {
  const { code, stdout, stderr } = await place.start(program, args, env).ended;
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`);
  return stdout;
}

interface Shot {
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colorScheme: (typeof SCHEMES)[number];
  /** The page to its end, or what the window shows. */
  readonly whole: boolean;
  readonly file: (name: string) => string;
}

async function shoot(browser: Browser, pictures: readonly Picture[], { file, whole, ...options }: Shot): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  let open = "";
  for (const { name, address, hash, act } of pictures) {
    if (address !== open) await page.goto(address);
    open = address;
    await page.locator("main h1").waitFor();
    await visit(page, hash);
    await page.locator("main[aria-busy=false]").waitFor();
    while ((await page.locator(".loading").count()) > 0) await page.waitForTimeout(50);
    // Drawings follow the size of their places.
    await page.waitForTimeout(800);
    await act?.(page);
    await page.screenshot({ path: file(name), fullPage: whole && act === undefined });
    // A dialog would lie over the next page.
    if (act !== undefined) await page.keyboard.press("Escape");
  }
  await context.close();
}
