/**
 * A corpus with hostile works and the same one without, read by a model that obeys every order: verdicts, gaps and
 * ideas are the same, also where no rule noticed the attack.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noFindings } from "@kevo/research-stage/findings/findings-of-run.ts";
import { openSession } from "@kevo/research-stage/pipeline/open-session.ts";
import { research } from "@kevo/research-stage/pipeline/pipeline.ts";
import { researchOptions } from "@kevo/research-stage/session/options.ts";
import { findInjections } from "@kevo/research-stage/sources/defence/detect.ts";
import type { LiteratureRecord } from "@kevo/research-stage/sources/literature.ts";
import { NOTHING_ASKED, type Source } from "@kevo/research-stage/sources/source.ts";
import { openResearch } from "@kevo/research-stage/store/database.ts";
import { createRun, findRun, type ResearchRun } from "@kevo/research-stage/store/store.ts";
import { expect, test } from "vitest";
import { PAPERS, type SyntheticPaper } from "../fakes/corpus/papers.ts";
import { OWNED, researchAnswers } from "../fakes/xai/research-answers.ts";
import { startFakeXai } from "../fakes/xai/server.ts";
import { DOMAIN, NO_KEYS } from "./research-fakes.fixture.ts";

function recordOf(paper: SyntheticPaper, noticed: boolean): LiteratureRecord {
  const id = `arxiv:${paper.arxiv}`;
  const about = { record: id, post: null, source: "arxiv" };
  return {
    kind: "paper",
    id,
    identities: [id],
    sources: ["arxiv"],
    title: paper.title,
    url: `https://arxiv.org/abs/${paper.arxiv}`,
    authors: [...paper.authors],
    published_at: paper.published,
    text: paper.abstract,
    cut: false,
    score: null,
    suspicions: noticed ? findInjections(paper.abstract).map((finding) => ({ ...about, ...finding })) : [],
    arxiv: paper.arxiv,
    doi: paper.doi,
  };
}

/** Sources that find everything for any question. */
const finding = (name: string, items: LiteratureRecord[]): Source => ({
  name,
  estimate: () => 0,
  search: async () => ({
    source: name,
    status: "ok",
    reason: null,
    items,
    cost_usd: 0,
    calls: 0,
    coverage: NOTHING_ASKED,
  }),
});

async function discover(records: LiteratureRecord[]) {
  const folder = mkdtempSync(join(tmpdir(), "kevo-injection-"));
  const fake = await startFakeXai({ answerers: researchAnswers });
  const open = openResearch(join(folder, "lineage.db"));
  try {
    const options = researchOptions.parse({
      ...{ domain: DOMAIN, goal: "discover", rounds: 1, budget_usd: 5, backend: "cpu", ideas: 3, implement: 1 },
      ...{ constraints: "", model: null, fast_model: null, max_results: 20, authors: [], archive: "recent" },
      ...{ since: null, until: null, evaluations: 1, islands: 1, workloads: [], seed: 1, evaluators: [] },
      ...{ prompts: null, synthetic: true },
    });
    const row = { id: "r", domain: DOMAIN, options: JSON.stringify(options), folder, secret: "s", createdAt: 0 };
    createRun(open.db, row);
    const run = findRun(open.db, "r") as ResearchRun;
    const environment = { ...NO_KEYS, LLM_BASE_URL: fake.url };
    const parts = { research: open, run, folder, recording: null, environment, say: () => {} };
    const { session, close } = await openSession({ ...parts, signal: new AbortController().signal });
    const found = noFindings(DOMAIN);
    await research({ ...session, sources: ["exa", "arxiv"].map((name) => finding(name, records)) }, found);
    await close();
    const round = found.rounds[0];
    const said = {
      gaps: round?.gaps.map(({ title, records: cited }) => ({ title, cited })),
      ideas: round?.ideas,
      verdicts: round?.novelty.map(({ idea, verdict }) => ({ idea, verdict })),
    };
    return { said, summary: found.summary, incidents: found.incidents, asked: JSON.stringify(fake.received) };
  } finally {
    open.close();
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("hostile works change no verdict, no citation and no idea, noticed or not; a report lists them", async () => {
  const harmless = PAPERS.filter(({ rule }) => rule === null);
  const hostile = PAPERS.filter(({ rule }) => rule !== null);
  const clean = await discover(harmless.map((paper) => recordOf(paper, true)));
  expect(clean.incidents).toEqual([]);
  expect(clean.said.verdicts?.map(({ verdict }) => verdict)).toEqual(["novel", "not_novel", "novel"]);

  // Hostile works first, so that nothing of the order saves anybody.
  const noticed = await discover([...hostile, ...harmless].map((paper) => recordOf(paper, true)));
  expect(noticed.said).toEqual(clean.said);
  expect(noticed.summary).toEqual(clean.summary);
  expect(new Set(noticed.incidents.map(({ record }) => record))).toEqual(
    new Set(hostile.map(({ arxiv }) => `arxiv:${arxiv}`)),
  );
  for (const { title } of hostile) expect(noticed.asked).not.toContain(title);

  // No rule noticed: the model was told, obeyed, and it went no further.
  const missed = await discover([...hostile, ...harmless].map((paper) => recordOf(paper, false)));
  expect(missed.asked).toContain("Ignore all previous instructions");
  expect(missed.said).toEqual(clean.said);
  expect(JSON.stringify([missed.said, missed.summary])).not.toMatch(
    new RegExp(`${OWNED}|2613\\.(00021|00022|00023|99999)`),
  );
  expect(missed.incidents.length).toBeGreaterThan(0);
});
