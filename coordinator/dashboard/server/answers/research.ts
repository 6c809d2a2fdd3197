/**
 * `research`, `research/:id`: the research stage's own database, beside the lineage. Tables and columns named here are
 * what the stage promises to keep; what its steps found is JSON of which only what is shown is read.
 */
import { z } from "zod";
import { attachResearch, researchPath } from "../../../lineage/research-file.ts";
import type {
  Gap,
  Idea,
  ResearchAnswer,
  ResearchListAnswer,
  ResearchRecord,
  ResearchSummary,
} from "../../contract/research.ts";
import type { Reader } from "../read/reader.ts";
import { NotFound } from "../refusal.ts";
import { foreign, foreignOrNull } from "./text.ts";

const SUMMARY = `
  select r.id as research, r.domain, r.status, r.message, r.created_at, r.ended_at,
    (select count(*) from research.research_records x where x.run = r.id) as records,
    (select count(*) from research.research_gaps x where x.run = r.id) as gaps,
    (select count(*) from research.research_ideas x where x.run = r.id) as ideas,
    (select count(*) from research.research_kernels x where x.run = r.id) as kernels,
    (select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) from research.research_calls x where x.run = r.id)
      + (select coalesce(sum(cost_usd), 0) from research.research_steps x where x.run = r.id) as usd,
    (select max(speedup) from research.research_kernels x where x.run = r.id) as best_speedup
  from research.research_runs r`;

export function researchListAnswer({ lineage, version }: Reader): ResearchListAnswer {
  if (!attachResearch(lineage)) return { version, database: null, research: [] };
  const research = lineage.sqlite
    .prepare(`${SUMMARY} order by r.created_at desc, r.rowid desc`)
    .all() as ResearchSummary[];
  return { version, database: researchPath(lineage.path), research };
}

export function researchAnswer(reader: Reader, id: string): ResearchAnswer {
  const { lineage, version } = reader;
  const summary = attachResearch(lineage)
    ? (lineage.sqlite.prepare(`${SUMMARY} where r.id = ?`).get(id) as ResearchSummary | undefined)
    : undefined;
  if (summary === undefined) throw new NotFound(`There is no run ${id} of the research stage beside ${lineage.path}.`);
  const all = <T>(sql: string): T[] => lineage.sqlite.prepare(sql).all(id) as T[];
  const outputs = outputsOf(reader, id);
  return {
    version,
    summary,
    survey: surveyOf(outputs),
    records: recordsOf(reader, id, outputs),
    gaps: gapsOf(reader, id),
    ideas: ideasOf(reader, id, outputs),
    steps: all<ResearchAnswer["steps"][number]>(
      `select key as step, stage, round, status, error, cost_usd as usd, started_at, ended_at
       from research.research_steps where run = ? order by started_at, key`,
    ),
  };
}

interface Output {
  readonly step: string;
  readonly stage: string;
  readonly value: unknown;
}

function outputsOf({ lineage }: Reader, id: string): Output[] {
  const rows = lineage.sqlite
    .prepare(
      `select key as step, stage, output from research.research_steps
       where run = ? and stage in ('claims', 'summary', 'novelty') and output is not null order by started_at, key`,
    )
    .all(id) as { step: string; stage: string; output: string }[];
  return rows.map(({ step, stage, output }) => ({ step, stage, value: JSON.parse(output) as unknown }));
}

const statement = z.object({ text: z.string().optional(), why: z.string().optional(), title: z.string().optional() });
const summarised = z.object({ summary: z.record(z.string(), z.unknown()) });

/** The literature summary, a heading for each of its parts. */
function surveyOf(outputs: readonly Output[]): ResearchAnswer["survey"] {
  const found = outputs.findLast(({ stage }) => stage === "summary");
  const { data } = summarised.safeParse(found?.value);
  if (data === undefined) return null;
  const parts = Object.entries(data.summary).flatMap(([name, list]) => {
    if (!Array.isArray(list)) return [];
    const lines = list.flatMap((item) => {
      const { data: said } = statement.safeParse(item);
      const text = [said?.title, said?.why ?? said?.text].filter((part) => part !== undefined).join(": ");
      return text === "" ? [] : [`- ${text}`];
    });
    return lines.length === 0 ? [] : [`${name.replaceAll("_", " ")}\n${lines.join("\n")}`];
  });
  return foreignOrNull(parts.join("\n\n"));
}

const claims = z.object({ claims: z.array(z.object({ record: z.string(), text: z.string() })) });

function recordsOf({ lineage }: Reader, id: string, outputs: readonly Output[]): ResearchRecord[] {
  const rows = lineage.sqlite
    .prepare(
      `select id as record, kind, title, url, sources, published_at, suspicious
       from research.research_records where run = ? order by id`,
    )
    .all(id) as Record<
    "record" | "kind" | "title" | "url" | "sources" | "published_at" | "suspicious",
    string | null
  >[];
  const posts = lineage.sqlite
    .prepare(
      `select record, id as post, author, created_at as at, text from research.research_posts
       where run = ? order by created_at, id`,
    )
    .all(id) as { record: string; post: string; author: string | null; at: string; text: string }[];
  const byRecord = Map.groupBy(posts, ({ record }) => record);
  const read = outputs
    .filter(({ stage }) => stage === "claims")
    .flatMap(({ value }) => claims.safeParse(value).data?.claims ?? []);
  const claimed = Map.groupBy(read, ({ record }) => record);
  return rows.map(({ record, kind, title, url, sources, published_at, suspicious }) => ({
    record: record as string,
    kind: kind as string,
    title,
    url: /^https?:\/\//i.test(url ?? "") ? url : null,
    sources: (sources ?? "").split(",").filter((name) => name !== ""),
    published_at,
    suspicious: Number(suspicious) === 1,
    posts: (byRecord.get(record as string) ?? []).map(({ post, author, at, text }) => ({
      ...{ post, author, at, text: foreign(text) },
    })),
    claims: (claimed.get(record as string) ?? []).map(({ text }) => foreign(text)),
  }));
}

function linksOf({ lineage }: Reader, id: string): Map<string, string[]> {
  const rows = lineage.sqlite
    .prepare("select from_id, to_id from research.research_links where run = ? order by from_id, to_id")
    .raw()
    .all(id) as [string, string][];
  const links = new Map<string, string[]>();
  for (const [from, to] of rows) links.set(from, [...(links.get(from) ?? []), to]);
  return links;
}

function gapsOf(reader: Reader, id: string): Gap[] {
  const links = linksOf(reader, id);
  const rows = reader.lineage.sqlite
    .prepare("select id as gap, round, title, description from research.research_gaps where run = ? order by round, id")
    .all(id) as { gap: string; round: number; title: string; description: string }[];
  return rows.map(({ description, ...row }) => ({
    ...row,
    description: foreign(description),
    records: links.get(row.gap) ?? [],
  }));
}

const checked = z.object({ nearest: z.array(z.object({ record: z.string() })) });

function ideasOf(reader: Reader, id: string, outputs: readonly Output[]): Idea[] {
  const { lineage } = reader;
  const links = linksOf(reader, id);
  const rows = lineage.sqlite
    .prepare(
      `select i.id as idea, i.round, i.title, i.description, i.feasibility, i.novelty, i.verdict,
         k.kernel, k.kernel_hash, k.speedup
       from research.research_ideas i left join research.research_kernels k on k.run = i.run and k.idea = i.id
       where i.run = ? order by i.round, i.id`,
    )
    .all(id) as StoredIdea[];
  const evolved = lineage.sqlite.prepare("select id, best from runs where kernel_hash = ? order by rowid desc limit 1");
  return rows.map(({ description, kernel, kernel_hash, speedup, ...row }) => {
    const run = evolved.get(kernel_hash) as { id: string; best: string | null } | undefined;
    const evidence = outputs
      .filter(({ stage, step }) => stage === "novelty" && step.split("/")[2] === row.idea)
      .flatMap(({ value }) => checked.safeParse(value).data?.nearest.map(({ record }) => record) ?? []);
    return {
      ...row,
      description: foreign(description),
      gaps: links.get(row.idea) ?? [],
      evidence: [...new Set(evidence)],
      kernel:
        kernel === null || kernel_hash === null
          ? null
          : { kernel, kernel_hash, run: run?.id ?? null, best: run?.best ?? null, speedup },
    };
  });
}

interface StoredIdea extends Pick<Idea, "idea" | "round" | "title" | "feasibility" | "novelty" | "verdict"> {
  readonly description: string;
  readonly kernel: string | null;
  readonly kernel_hash: string | null;
  readonly speedup: number | null;
}
