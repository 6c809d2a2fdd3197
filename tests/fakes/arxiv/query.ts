/** arXiv's query language: `ti: abs: au: all:`, phrases, AND, OR, ANDNOT, brackets, ranges of submittedDate. */
import type { SyntheticPaper } from "../corpus/papers.ts";
import { tokensOf } from "../http/rank.ts";

/** How well a paper fits; 0: not at all. */
type Score = (paper: SyntheticPaper) => number;

/** @returns what finds, best match first. @throws Error where arXiv answers with an error entry. */
export function parseQuery(text: string): (papers: readonly SyntheticPaper[]) => SyntheticPaper[] {
  const tokens = text.match(/submittedDate:\[[^\]]*\]|[a-z]+:"[^"]*"|[()]|[^\s()]+/g) ?? [];
  let at = 0;

  const expression = (): Score => {
    let left = operand();
    for (let word = tokens[at]; word === "AND" || word === "OR" || word === "ANDNOT"; word = tokens[at]) {
      at++;
      const [a, b] = [left, operand()];
      if (word === "OR") left = (paper) => a(paper) + b(paper);
      else if (word === "AND") left = (paper) => (a(paper) > 0 && b(paper) > 0 ? a(paper) + b(paper) : 0);
      else left = (paper) => (b(paper) > 0 ? 0 : a(paper));
    }
    return left;
  };

  const operand = (): Score => {
    const token = tokens[at++];
    if (token === undefined) throw new Error("an operand is missing");
    if (token === "(") {
      const inner = expression();
      if (tokens[at++] !== ")") throw new Error("a bracket is not closed");
      return inner;
    }
    const range = /^submittedDate:\[(\d{12}) TO (\d{12})\]$/.exec(token);
    if (range !== null) {
      return ({ published }) => {
        const day = published.replace(/\D/g, "").slice(0, 12);
        return day >= (range[1] as string) && day <= (range[2] as string) ? 1e-6 : 0;
      };
    }
    const [, field, value] = /^(ti|abs|au|all|cat):"?([^"]+)"?$/.exec(token) ?? [];
    if (field === undefined || value === undefined) throw new Error(`"${token}" is not understood`);
    if (value === "*") return () => 1e-6;
    const wanted = ` ${tokensOf(value).join(" ")} `;
    const within = (part: string) => ` ${tokensOf(part).join(" ")} `.includes(wanted);
    return ({ title, abstract, authors }) => {
      if (field === "cat") return value === "cs.LG" ? 1e-6 : 0;
      if (field === "au") return within(authors.join(" ")) ? 1 : 0;
      const inTitle = field !== "abs" && within(title) ? 2 : 0;
      return inTitle + (field !== "ti" && within(abstract) ? 1 : 0);
    };
  };

  const score = expression();
  if (at < tokens.length) throw new Error(`"${tokens[at]}" is one too many`);
  return (papers) =>
    papers
      .map((paper) => ({ paper, fit: score(paper) }))
      .filter(({ fit }) => fit > 0)
      .sort((a, b) => b.fit - a.fit)
      .map(({ paper }) => paper);
}
