/** What X's API v2 answers, as far as it is used. Every field that it may leave out is optional here. */
import { z } from "zod";

const entities = z
  .object({
    urls: z.array(z.object({ url: z.string(), expanded_url: z.string().optional() })).optional(),
  })
  .optional();

const post = z.object({
  id: z.string(),
  text: z.string(),
  author_id: z.string().optional(),
  conversation_id: z.string().optional(),
  created_at: z.string().optional(),
  in_reply_to_user_id: z.string().optional(),
  referenced_tweets: z.array(z.object({ type: z.string(), id: z.string() })).optional(),
  /** Posts beyond 280 characters in full; `text` is cut there. */
  note_tweet: z.object({ text: z.string(), entities }).optional(),
  entities,
});
export type Post = z.infer<typeof post>;

/** Of a 200: posts that were requested or referred to and are deleted, withheld or protected. */
const problem = z.object({
  resource_id: z.string().optional(),
  resource_type: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  value: z.string().optional(),
});

export const page = z.object({
  data: z.array(post).optional(),
  includes: z
    .object({
      users: z.array(z.object({ id: z.string(), username: z.string() })).optional(),
      tweets: z.array(post).optional(),
    })
    .optional(),
  errors: z.array(problem).optional(),
  meta: z.object({ result_count: z.number().optional(), next_token: z.string().optional() }).optional(),
});
export type Page = z.infer<typeof page>;

/** Whether an answer is whole and of the known shape. */
export function isPage(body: string): boolean {
  try {
    return page.safeParse(JSON.parse(body)).success;
  } catch {
    return false;
  }
}

/** Asked for with every request. */
export const FIELDS = {
  "tweet.fields": [
    "conversation_id",
    "note_tweet",
    "referenced_tweets",
    "created_at",
    "author_id",
    "in_reply_to_user_id",
    "entities",
    "public_metrics",
  ].join(","),
  expansions: "author_id,referenced_tweets.id,referenced_tweets.id.author_id",
  "user.fields": "username",
} as const;

/** Posts beside its own that one post can bring along: what it answers and what it quotes or repeats. */
export const COMPANIONS = 2;
