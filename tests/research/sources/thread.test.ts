/** Threads of the synthetic corpus, through the real client and a fake of X, compared with the truth post by post. */

import type { ThreadRecord, ThreadSummary } from "@kevo/research-stage/sources/literature.ts";
import type { SourceResult } from "@kevo/research-stage/sources/source.ts";
import { createArchive } from "@kevo/research-stage/sources/x/archive.ts";
import { threadOf } from "@kevo/research-stage/sources/x/thread.ts";
import { createXSource } from "@kevo/research-stage/sources/x/x-source.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AS_OF, CONVERSATIONS, POSTS, SYNTHETIC_AUTHORS } from "../../fakes/corpus/corpus.ts";
import type { FakeServer } from "../../fakes/http/fake-server.ts";
import { openHarness } from "../../fakes/source-harness.ts";
import { startFakeX } from "../../fakes/x/server.ts";

let fake: FakeServer;
const results: Record<string, SourceResult> = {};

beforeAll(async () => {
  fake = await startFakeX({ posts: POSTS, now: AS_OF });
  const common = {
    key: "synthetic-key",
    origin: fake.url,
    authors: SYNTHETIC_AUTHORS,
    retryBudgetMs: 0,
    intervalMs: 0,
  };
  await using harness = await openHarness();
  results.all = await harness.ask(createXSource({ ...common, archive: "all" }), { maxResults: 100 });
  results.recent = await harness.ask(createXSource({ ...common, archive: "recent" }), { maxResults: 100 });
  // A question without keywords is the one that still finds retweets.
  results.timeline = await harness.ask(createXSource({ ...common, archive: "all" }), { maxResults: 100, text: "" });
});
afterAll(() => fake[Symbol.asyncDispose]());

const threadsOf = (name: string) =>
  new Map(
    (results[name]?.items ?? []).map((item) => [(item as ThreadRecord).thread.id, (item as ThreadRecord).thread]),
  );
const found = (name: string, root: string) => threadsOf(name).get(root) as ThreadSummary;

test("the corpus has what it should", () => {
  expect(CONVERSATIONS.length).toBeGreaterThanOrEqual(30);
  expect(new Set(POSTS.map(({ id }) => id)).size).toBe(POSTS.length);
  expect(results.all).toMatchObject({ status: "ok", reason: null });
});

const MAX_POSTS = 100;

describe.each(["all", "recent"])("in the %s archive", (archive) => {
  const searched = CONVERSATIONS.filter(({ shape }) => !shape.startsWith("retweet"));

  test.each(searched.map((conversation) => [`${conversation.shape}, ${conversation.root}`, conversation] as const))(
    "%s",
    (_, { root, author, thread, gaps, shape }) => {
      const is = found(archive, root);
      expect(is, "is found").toBeDefined();
      const expected = thread.slice(0, MAX_POSTS);
      expect(is.posts.map(({ id, text }) => ({ id, text }))).toEqual(expected);
      expect(is.gaps.map(({ id, reason }) => ({ id, reason }))).toEqual(gaps.map((id) => ({ id, reason: "deleted" })));
      expect(is.author).toBe(author);
      // The text holds all posts in order, and says where something is missing.
      let at = 0;
      for (const { text } of expected) {
        const next = is.text.indexOf(text, at);
        expect(next).toBeGreaterThanOrEqual(at);
        at = next + text.length;
      }
      expect(is.text.split("[a post is missing here").length - 1).toBe(
        // A gap that two branches point at is reported once.
        gaps.length,
      );
      const old = archive === "recent" && (shape === "root of last month" || shape === "root deleted");
      expect(is.partial.some((why) => why.includes("seven days"))).toBe(old);
      expect(is.partial.some((why) => why.includes("first 100 of 120"))).toBe(thread.length > MAX_POSTS);
    },
  );

  test("finds no thread that is not there", () => {
    const roots = new Set(CONVERSATIONS.map(({ root }) => root));
    expect([...threadsOf(archive).keys()].filter((root) => !roots.has(root))).toEqual([]);
  });
});

describe("retweets", () => {
  test("a retweet is the original in full, and one find with it", () => {
    const { root, thread, posts } = CONVERSATIONS.find(({ shape }) =>
      shape.startsWith("retweet"),
    ) as (typeof CONVERSATIONS)[0];
    const is = found("timeline", root);
    expect(is.posts.map(({ text }) => text)).toEqual(thread.map(({ text }) => text));
    expect(is.text.length).toBeGreaterThan(280);
    const record = results.timeline?.items.find(({ id }) => id === `x:${root}`);
    expect(record?.identities).toContain(`x:${posts[0]?.repeats}`);
  });

  test("a repost of a deleted post says so", () => {
    const archive = createArchive();
    archive.add({
      data: [
        {
          id: "5",
          text: "RT @a: the beg…",
          author_id: "9",
          conversation_id: "5",
          referenced_tweets: [{ type: "retweeted", id: "4" }],
        },
      ],
      errors: [{ resource_id: "4", resource_type: "tweet" }],
    });
    expect(threadOf("5", archive, [])?.text).toBe("RT @a: the beg…\n[the post that this repeats is gone]");
  });
});

test("addresses are given in full", () => {
  const { root } = CONVERSATIONS.find(({ shape }) => shape === "addresses and signs") as (typeof CONVERSATIONS)[0];
  expect(found("all", root).links).toEqual([
    "https://arxiv.org/abs/2613.00003v2",
    "https://example.com/synthetic/code?a=1&b=2",
  ]);
});

test("hostile posts are listed, harmless ones are not", () => {
  const suspicious = new Set(
    (results.all?.items ?? []).filter(({ suspicions }) => suspicions.length > 0).map(({ id }) => id),
  );
  const hostile = new Set(CONVERSATIONS.filter(({ hostile }) => hostile).map(({ root }) => `x:${root}`));
  expect(suspicious).toEqual(hostile);
});

test("answers that point at each other end", () => {
  const archive = createArchive();
  const reply = (id: string, to: string) => ({
    id,
    text: id,
    author_id: "9",
    conversation_id: "1",
    in_reply_to_user_id: "9",
    referenced_tweets: [{ type: "replied_to", id: to }],
  });
  archive.add({
    data: [{ id: "1", text: "root", author_id: "9", conversation_id: "1" }, reply("2", "3"), reply("3", "2")],
  });
  expect(threadOf("1", archive, [])?.posts.map(({ id }) => id)).toEqual(["1"]);
});
