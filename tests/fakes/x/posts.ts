/** Posts as the fake of X keeps them. */

export interface StoredPost {
  readonly id: string;
  readonly handle: string;
  readonly userId: string;
  /** Id of the conversation's root, also where that is deleted. */
  readonly conversation: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** In full, as its author wrote it, with addresses in full. */
  readonly text: string;
  readonly repliesTo: string | null;
  /** User id of whom it answers. */
  readonly repliesToUser: string | null;
  readonly repeats: string | null;
  readonly quotes: string | null;
  /** Deleted: only its id is known, to posts that refer to it. */
  readonly deleted: boolean;
}

export const fullTextOf = (post: StoredPost): string => post.text;

const URLS = /https?:\/\/[^\s)]+/g;

export interface WireText {
  readonly text: string;
  readonly urls: { readonly url: string; readonly expanded_url: string }[];
}

/** Addresses become t.co, and & < > are escaped. */
export function wireText(id: string, text: string): WireText {
  const urls: WireText["urls"] = [];
  const shortened = text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(URLS, (found) => {
      const url = `https://t.co/s${id.slice(-6)}${urls.length}`;
      urls.push({ url, expanded_url: found.replaceAll("&amp;", "&") });
      return url;
    });
  return { text: shortened, urls };
}
