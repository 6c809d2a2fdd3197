/**
 * Threads from posts. A thread consists of the posts in which the root's author answers the root or another post of the
 * thread. `replied_to` finds them, not time: an answer to another person belongs to the discussion. Where a post
 * answers a deleted one of the same author, the thread continues after a gap; `in_reply_to_user_id` still tells the
 * author of the lost post. Branches are kept. Pure.
 */
import type { ThreadGap, ThreadPost, ThreadSummary } from "../literature.ts";
import { type Archive, referenced } from "./archive.ts";
import { fullLinks, fullText } from "./post-text.ts";
import type { Post } from "./wire.ts";

/** Posts of one thread at most; longer ones are cut at the end and say so. */
const MAX_THREAD_POSTS = 100;

/**
 * @param root id of the conversation
 * @param partial why posts may be missing to which no other post refers
 * @returns null where no post of the root's author is known.
 */
export function threadOf(root: string, archive: Archive, partial: readonly string[]): ThreadSummary | null {
  const author = rootAuthor(root, archive);
  if (author === null) return null;
  const own = ownPosts(root, author, archive);
  const members = own.filter((post) => belongs(post, root, author, archive)).sort(oldestFirst);
  const kept = members.slice(0, MAX_THREAD_POSTS);
  const first = kept[0];
  if (first === undefined) return null;
  const gaps = gapsOf(root, kept, archive);
  const posts = kept.map((post): ThreadPost => {
    const parent = referenced(post, "replied_to");
    return {
      id: post.id,
      created_at: post.created_at ?? "",
      text: fullText(post, archive),
      replied_to: parent !== null && archive.posts.has(parent) ? parent : null,
    };
  });
  return {
    id: root,
    author_id: author,
    created_at: first.created_at ?? "",
    text: textOf(posts, gaps),
    author: archive.handles.get(author) ?? null,
    posts,
    gaps,
    links: [...new Set(kept.flatMap((post) => fullLinks(post, archive)))],
    partial: [
      ...partial,
      ...(members.length > kept.length ? [`the first ${MAX_THREAD_POSTS} of ${members.length} posts`] : []),
    ],
  };
}

/** Posts that threads answer and that are neither fetched nor known to be deleted: what to look up next. */
export function missingParents(root: string, archive: Archive): string[] {
  if (!archive.posts.has(root)) return archive.deleted.has(root) ? [] : [root];
  const author = rootAuthor(root, archive);
  if (author === null) return [];
  const parents = ownPosts(root, author, archive)
    .filter((post) => belongs(post, root, author, archive))
    .map((post) => referenced(post, "replied_to"));
  return [...new Set(parents)].filter(
    (id) => id !== null && !archive.posts.has(id) && !archive.deleted.has(id),
  ) as string[];
}

/** The root's author; where the root is deleted, whom the answers to it name. */
export function rootAuthor(root: string, { posts }: Archive): string | null {
  const known = posts.get(root)?.author_id;
  if (known !== undefined) return known;
  for (const post of posts.values()) {
    if (referenced(post, "replied_to") === root && post.in_reply_to_user_id !== undefined)
      return post.in_reply_to_user_id;
  }
  return null;
}

function ownPosts(root: string, author: string, { posts }: Archive): Post[] {
  return [...posts.values()].filter(
    (post) => post.id === root || (post.conversation_id === root && post.author_id === author),
  );
}

/** Walks up to the root, or to a lost post of the same author. */
function belongs(post: Post, root: string, author: string, { posts }: Archive): boolean {
  const seen = new Set<string>();
  for (let at: Post = post; ; ) {
    if (at.id === root) return true;
    // Answers that point at each other exist only in a forged reply; they lead nowhere.
    if (at.author_id !== author || seen.has(at.id)) return false;
    seen.add(at.id);
    const parent = referenced(at, "replied_to");
    if (parent === null) return false;
    const next = posts.get(parent);
    if (next === undefined) return at.in_reply_to_user_id === author;
    at = next;
  }
}

function gapsOf(root: string, kept: readonly Post[], { posts, deleted }: Archive): ThreadGap[] {
  const gaps = new Map<string, ThreadGap>();
  const lost = (id: string, before: string | null) => {
    if (!posts.has(id) && !gaps.has(id)) {
      gaps.set(id, { id, before, reason: deleted.has(id) ? "deleted" : "not_fetched" });
    }
  };
  lost(root, kept[0]?.id ?? null);
  for (const post of kept) {
    const parent = referenced(post, "replied_to");
    if (parent !== null) lost(parent, post.id);
  }
  return [...gaps.values()];
}

function textOf(posts: readonly ThreadPost[], gaps: readonly ThreadGap[]): string {
  const markers = {
    deleted: "[a post is missing here: deleted]",
    not_fetched: "[a post is missing here: not fetched]",
  };
  return posts
    .flatMap(({ id, text }) => [
      ...gaps.filter(({ before }) => before === id).map(({ reason }) => markers[reason]),
      text,
    ])
    .join("\n\n");
}

/** Ids are numbers that grow with time, longer than a double holds. */
function oldestFirst(a: Post, b: Post): number {
  const [x, y] = [a.created_at ?? "", b.created_at ?? ""];
  if (x !== y) return x < y ? -1 : 1;
  return a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
