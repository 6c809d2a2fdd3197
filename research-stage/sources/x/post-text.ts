/** A post's text as its author meant it: in full, with real addresses, cleaned. */
import { clean } from "../defence/clean.ts";
import { type Archive, referenced } from "./archive.ts";
import type { Post } from "./wire.ts";

/** X escapes these three in `text`. */
const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function linksOf(post: Post): { readonly url: string; readonly expanded: string }[] {
  const { urls = [] } = (post.note_tweet === undefined ? post.entities : post.note_tweet.entities) ?? {};
  return urls.flatMap(({ url, expanded_url: expanded }) => (expanded === undefined ? [] : [{ url, expanded }]));
}

/** The long form where there is one, t.co replaced by where it leads. */
function ownText(post: Post): string {
  const text = unescaped(post.note_tweet?.text ?? post.text);
  return clean(linksOf(post).reduce((so, { url, expanded }) => so.replaceAll(url, expanded), text));
}

/** As `ownText`; a retweet as the original's full text, a quote followed by what it quotes. Says which of them was deleted. */
export function fullText(post: Post, { posts, handles }: Archive): string {
  const repeated = referenced(post, "retweeted");
  if (repeated !== null) {
    const original = posts.get(repeated);
    if (original === undefined) return `${ownText(post)}\n[the post that this repeats is gone]`;
    return `Repeats @${handleOf(original, handles)}: ${ownText(original)}`;
  }
  const quoted = referenced(post, "quoted");
  if (quoted === null) return ownText(post);
  const other = posts.get(quoted);
  if (other === undefined) return `${ownText(post)}\n[the post that this quotes is gone]`;
  return `${ownText(post)}\nQuotes @${handleOf(other, handles)}: ${ownText(other)}`;
}

/** Addresses in a post and in what it repeats or quotes. */
export function fullLinks(post: Post, { posts }: Archive): string[] {
  const others = (["retweeted", "quoted"] as const).flatMap((type) => posts.get(referenced(post, type) ?? "") ?? []);
  return [post, ...others].flatMap((one) => linksOf(one).map(({ expanded }) => expanded));
}

const handleOf = (post: Post, handles: ReadonlyMap<string, string>): string =>
  clean(handles.get(post.author_id ?? "") ?? post.author_id ?? "unknown");
