/** Everything that X has shown in one search: posts, names, and what it said is deleted. Pure. */
import type { Page, Post } from "./wire.ts";

export interface Archive {
  readonly posts: ReadonlyMap<string, Post>;
  /** Handles by user id. */
  readonly handles: ReadonlyMap<string, string>;
  /** Ids that X says it cannot show: deleted, withheld, or protected. */
  readonly deleted: ReadonlySet<string>;
  add(page: Page): void;
}

export function createArchive(): Archive {
  const posts = new Map<string, Post>();
  const handles = new Map<string, string>();
  const deleted = new Set<string>();
  return {
    posts,
    handles,
    deleted,
    add: (page) => {
      for (const one of [...(page.includes?.tweets ?? []), ...(page.data ?? [])]) posts.set(one.id, one);
      for (const { id, username } of page.includes?.users ?? []) handles.set(id, username);
      for (const { resource_id: id, value, resource_type: type } of page.errors ?? []) {
        const lost = id ?? value;
        if (lost !== undefined && (type === undefined || type === "tweet")) deleted.add(lost);
      }
    },
  };
}

/** Posts of a page that are billed: what was returned and what came along. */
export function postsOf(page: Page): string[] {
  return [...(page.data ?? []), ...(page.includes?.tweets ?? [])].map(({ id }) => id);
}

export function referenced(of: Post, type: "replied_to" | "retweeted" | "quoted"): string | null {
  return of.referenced_tweets?.find((reference) => reference.type === type)?.id ?? null;
}
