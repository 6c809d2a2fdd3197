/** The records that sources find: papers, threads and pages. They are stored and passed on, so they have schemas. */
import { z } from "zod";

/** One post of a thread, by the thread's author. */
const threadPost = z.object({
  id: z.string(),
  /** ISO 8601, UTC. */
  created_at: z.string(),
  /** In full, cleaned (see `defence/clean.ts`); a retweet holds the original's text. */
  text: z.string(),
  /** The post of the same author that it answers; null for the root, or where that post was deleted. */
  replied_to: z.string().nullable(),
});
export type ThreadPost = z.infer<typeof threadPost>;

/** The known gaps in a thread. */
const threadGap = z.object({
  /** Of the missing post. */
  id: z.string(),
  /** The post right after the gap; null where the root itself is missing. */
  before: z.string().nullable(),
  /** `deleted` includes withheld and protected posts: the service does not distinguish them reliably. */
  reason: z.enum(["deleted", "not_fetched"]),
});
export type ThreadGap = z.infer<typeof threadGap>;

/** The posts of one author in one conversation, from its root. */
export const threadSummary = z.object({
  /** Of the root post. */
  id: z.string(),
  author_id: z.string(),
  /** Of the oldest available post; ISO 8601, UTC. */
  created_at: z.string(),
  /** All posts, oldest to newest, with a line for each gap. */
  text: z.string(),
  /** Handle without @; null where the service did not name it. */
  author: z.string().nullable(),
  /** Oldest to newest. */
  posts: z.array(threadPost),
  gaps: z.array(threadGap),
  /** Addresses in the posts, in full (not t.co), in order of appearance. */
  links: z.array(z.string()),
  /** Why this may not be all: seven days only, budget, cut at a limit. Empty: the thread is whole but for gaps. */
  partial: z.array(z.string()),
});
export type ThreadSummary = z.infer<typeof threadSummary>;

/** A passage of fetched text that reads like an instruction to a model. It is reported, and fenced like all text. */
const suspicion = z.object({
  /** Of the record. */
  record: z.string(),
  /** Post within a thread; null in every other kind of record. */
  post: z.string().nullable(),
  source: z.string(),
  /** Name of the rule that matched, such as `override`. */
  rule: z.string(),
  /** The passage with a little around it, cleaned and cut. */
  excerpt: z.string(),
});

const common = {
  /** The strongest known identity: `arxiv:2401.01234`, `doi:10.…`, `x:<root>`, `url:https://…`. Citations use it. */
  id: z.string(),
  /** Every identity of the record, its own first, then those of the records merged into it. */
  identities: z.array(z.string()).min(1),
  /** Names of the sources that found it, sorted. */
  sources: z.array(z.string()).min(1),
  title: z.string().nullable(),
  /** Where a person reads it. */
  url: z.string(),
  authors: z.array(z.string()),
  /** ISO 8601 date or time; null where it is unknown. */
  published_at: z.string().nullable(),
  /** Abstract, page text or thread, cleaned and cut to the source's limit. */
  text: z.string(),
  /** True: `text` was cut. */
  cut: z.boolean(),
  /** The source's own, larger is better; not comparable across sources. Null where it gives none. */
  score: z.number().nullable(),
  suspicions: z.array(suspicion),
};

const paperRecord = z.object({
  kind: z.literal("paper"),
  ...common,
  /** Without version, such as `2401.01234`. */
  arxiv: z.string().nullable(),
  /** Lower case, such as `10.1145/3591301`. */
  doi: z.string().nullable(),
});
const threadRecord = z.object({ kind: z.literal("thread"), ...common, thread: threadSummary });
const pageRecord = z.object({ kind: z.literal("page"), ...common });

export const literatureRecord = z.discriminatedUnion("kind", [paperRecord, threadRecord, pageRecord]);
export type PaperRecord = z.infer<typeof paperRecord>;
export type ThreadRecord = z.infer<typeof threadRecord>;
export type LiteratureRecord = z.infer<typeof literatureRecord>;
