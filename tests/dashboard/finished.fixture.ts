/** A finished database whose every text comes from an enemy: names, reasons, compiler output, prompts, answers, posts. */
import { type Builder, buildLineage } from "../../coordinator/lineage/lineage-builder.fixture.ts";
import { openResearch } from "../../research-stage/store/database.ts";
import * as research from "../../research-stage/store/schema.ts";

/** Would change the title of the page if any of it were markup, and the order of the text if its direction could leave. */
export const MARKUP = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
export const HOSTILE = `${MARKUP}\u202egnitirw\u001b[2J`;
export const MEGABYTE = 1_000_000;
/** A slash would make another part of a workload's name of the rest. */
const UNSLASHED = HOSTILE.replaceAll("/", "");
const LONG = HOSTILE + "<b>x</b>".repeat(MEGABYTE / 8);

export interface Finished {
  readonly builder: Builder;
  /** Two islands, a crossover, migrants, failures, models. */
  readonly run: string;
  /** Each workload has its own island. */
  readonly cells: string;
  /** A crossover with two parents. */
  readonly child: string;
  /** Did not compile. */
  readonly broken: string;
  /** Has a reason of a line. */
  readonly reasoned: string;
  readonly research: string;
}

export function buildFinished(): Finished {
  const builder = buildLineage();
  const cells = cellRun(builder);
  return { builder, cells, ...searchRun(builder), research: researchRun(builder) };
}

const RESOURCES = [{ name: HOSTILE, registers: 168, spill_bytes: 12, shared_bytes: 65_536, warps: 8 }];

function searchRun(builder: Builder): Pick<Finished, "run" | "child" | "broken" | "reasoned"> {
  const run = builder.run({ id: "finished", evaluations: 60 });
  builder.event(run, "started", HOSTILE);
  const ids: string[] = [];
  let broken = "";
  for (let n = 0; n < 60; n++) {
    const migrant = n === 21 || n === 42;
    const parents = n < 4 ? [] : migrant ? [ids[n - 1] as string] : [ids[n - 2] as string, ids[n - 4] as string];
    const config = { TILE: 8 << (n % 4), UNROLL: n % 3 === 0, [HOSTILE]: n % 2 === 0 ? HOSTILE : "plain" };
    const proposer =
      n < 4 ? "seed" : migrant ? "migrant" : n % 5 === 0 ? "llm" : n % 2 === 0 ? "crossover" : "mutation";
    const place = { island: n % 2, batch: Math.floor(n / 4) };
    const id = builder.candidate(run, { ...place, config, proposer, parents, reason: n === 58 ? LONG : HOSTILE });
    ids.push(id);
    if (n === 30) {
      broken = id;
      builder.failed(id, "compile_error", LONG);
    } else builder.ok(id, { speedups: { small: 1 + (((n * 7) % 20) + n / 4) / 20 }, resources: RESOURCES });
  }
  for (let call = 0; call < 3; call++) {
    const prompt = JSON.stringify([
      { role: "system", content: HOSTILE },
      { role: "user", content: LONG },
    ]);
    const failed = call === 1 ? { outcome: "unknown_model", error: HOSTILE } : { outcome: "ok", answer: LONG };
    const made = {
      model: HOSTILE,
      variant: HOSTILE,
      promptHash: "0".repeat(64),
      reservedUsd: 0.01,
      costUsd: 0.002,
      prompt,
      ...failed,
    };
    builder.called(run, made);
  }
  builder.set(run, { message: HOSTILE, kernel: HOSTILE });
  builder.event(run, "completed", "the budget is spent", { end: "budget_spent" });
  return { run, broken, child: ids[58] as string, reasoned: ids[57] as string };
}

function cellRun(builder: Builder): string {
  const workloads = ["m/llama-3.2-1b/s512", "m/llama-3.2-1b/s1024", "m/phi-2/s512", `m/phi-2/${UNSLASHED}`];
  const niches = workloads.map((workload) => ({ workloads: [workload], device: null }));
  const run = builder.run({ id: "cells", workloads, niches, evaluations: 4 });
  for (const [island, workload] of workloads.entries()) {
    const id = builder.candidate(run, { island, config: { TILE: 8 * (island + 1) } });
    builder.ok(id, { speedups: { [workload]: [1.42, 0.8, 1.005, 1.2][island] as number }, others: { [HOSTILE]: 9 } });
  }
  return run;
}

function researchRun(builder: Builder): string {
  const run = "research";
  const { db, close } = openResearch(builder.path);
  const at = Date.UTC(2026, 0, 2);
  const own = { ...{ id: run, domain: HOSTILE, options: "{}", status: "completed" as const, folder: builder.folder } };
  db.insert(research.researchRuns)
    .values({ ...own, secret: "s", createdAt: at, endedAt: at })
    .run();
  const record = { run, kind: "thread", title: HOSTILE, sources: "x", publishedAt: HOSTILE, suspicious: true };
  db.insert(research.researchRecords)
    .values([
      { ...record, id: "enemy", url: "javascript:document.title='taken'" },
      { ...record, id: "paper", kind: "paper", title: "A paper", url: "https://example.com/paper", suspicious: false },
    ])
    .run();
  const post = { run, id: "post", record: "enemy", author: HOSTILE, createdAt: "2026-01-01", text: LONG };
  db.insert(research.researchPosts).values(post).run();
  const gap = { run, id: "gap", round: 1, title: "A gap", description: LONG };
  db.insert(research.researchGaps).values(gap).run();
  const idea = { run, round: 1, description: LONG, feasibility: 0.8, novelty: 0.7 };
  db.insert(research.researchIdeas)
    .values([
      { ...idea, id: "idea", title: "An idea", verdict: "novel" },
      { ...idea, id: "other", title: HOSTILE, verdict: "not_novel" },
    ])
    .run();
  const links = [
    ["gap", "enemy"],
    ["gap", "paper"],
    ["idea", "gap"],
  ] as const;
  for (const [from, to] of links) db.insert(research.researchLinks).values({ run, from, to }).run();
  const kernel = { run, idea: "idea", kernelHash: "0".repeat(64), kernel: "faster-kernel", lineageRun: "finished" };
  db.insert(research.researchKernels)
    .values({ ...kernel, speedup: 2.5 })
    .run();
  close();
  return run;
}
