/** X's query language as far as it is used: words, "phrases", operators, AND by a blank, OR, brackets, minus. */
import { fullTextOf, type StoredPost } from "./posts.ts";

type Test = (post: StoredPost) => boolean;

export interface ParsedQuery {
  readonly matches: Test;
  /** Holds a word or phrase, so that retweets are left out (since 2026-05-04). */
  readonly keywords: boolean;
}

/** @throws Error where X answers 400. */
export function parseQuery(text: string): ParsedQuery {
  const tokens = text.match(/-?"[^"]*"|-?[a-z_]+:[^\s()]+|[()]|-?[^\s()"]+/g) ?? [];
  let at = 0;
  let keywords = false;

  const either = (): Test => {
    const options = [all()];
    while (tokens[at] === "OR") {
      at++;
      options.push(all());
    }
    return (post) => options.some((test) => test(post));
  };
  const all = (): Test => {
    const tests: Test[] = [];
    while (at < tokens.length && tokens[at] !== ")" && tokens[at] !== "OR") tests.push(one());
    if (tests.length === 0) throw new Error("an operand is missing");
    return (post) => tests.every((test) => test(post));
  };
  const one = (): Test => {
    const token = tokens[at++] as string;
    if (token === "(") {
      const inner = either();
      if (tokens[at++] !== ")") throw new Error("a bracket is not closed");
      return inner;
    }
    if (token.startsWith("-")) {
      const inner = term(token.slice(1));
      return (post) => !inner(post);
    }
    return term(token);
  };
  const term = (token: string): Test => {
    const [, operator, value = ""] = /^([a-z_]+):(.+)$/.exec(token) ?? [];
    switch (operator) {
      case "from":
        // A handle or a numeric id, as on X.
        return (post) => post.handle.toLowerCase() === value.toLowerCase() || post.userId === value;
      case "conversation_id":
        return (post) => post.conversation === value;
      case "in_reply_to_tweet_id":
        return (post) => post.repliesTo === value;
      case "is":
        if (value === "retweet") return (post) => post.repeats !== null;
        throw new Error(`is:${value} is not known`);
      case undefined:
        break;
      default:
        throw new Error(`the operator ${operator}: is not known`);
    }
    keywords = true;
    const wanted = tokensOf(token.replaceAll('"', ""));
    return (post) => ` ${tokensOf(fullTextOf(post)).join(" ")} `.includes(` ${wanted.join(" ")} `);
  };

  const matches = either();
  if (at < tokens.length) throw new Error("a bracket too many");
  return { matches, keywords };
}

const tokensOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
