/** Questions in X's syntax, within its limits of length. Pure. */
import { searchTerms } from "../search-terms.ts";

/** Those whose threads are searched unless others are named. */
export const CURATED_AUTHORS = ["iScienceLuvr", "arankomatsuzaki", "rohanpaul_ai", "omarsar0", "_akhaliq"] as const;

/** Characters of a query. */
export const MAX_QUERY_LENGTH = { recent: 512, all: 1024 } as const;

/**
 * Any of the words by one of the authors, without retweets by others: one query, or several where the authors do not
 * fit into one. Without authors all of the words, by anybody.
 */
export function searchQueries(text: string, authors: readonly string[], limit: number): string[] {
  const words = searchTerms(text);
  const quoted = words.map((word) => (/[^\p{L}\p{N}]/u.test(word) ? `"${word}"` : word));
  if (authors.length === 0) {
    while (quoted.length > 1 && quoted.join(" ").length + 15 > limit) quoted.pop();
    return quoted.length === 0 ? [] : [`${quoted.join(" ")} -is:retweet`];
  }
  while (quoted.length > 1 && quoted.join(" OR ").length > limit / 2) quoted.pop();
  const wanted = quoted.length === 0 ? "" : `(${quoted.join(" OR ")}) `;
  return packed(
    authors.map((author) => `from:${author}`),
    limit - wanted.length - 2,
  ).map((some) => `${wanted}(${some})`);
}

/** The posts of the root's author in each conversation; as many conversations in one query as fit. */
export function conversationQueries(
  conversations: readonly { readonly id: string; readonly author: string }[],
  limit: number,
): string[] {
  return packed(
    conversations.map(({ id, author }) => `(conversation_id:${id} from:${author})`),
    limit,
  );
}

function packed(terms: readonly string[], limit: number): string[] {
  const queries: string[] = [];
  for (const term of terms) {
    const last = queries.at(-1);
    if (last !== undefined && last.length + 4 + term.length <= limit)
      queries[queries.length - 1] = `${last} OR ${term}`;
    else queries.push(term);
  }
  return queries;
}
