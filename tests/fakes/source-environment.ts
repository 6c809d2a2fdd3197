/** The environment in which programs ask the fakes in place of X, Exa and arXiv. */
import { SYNTHETIC_AUTHORS } from "./corpus/corpus.ts";

interface Served {
  readonly url: string;
}

export function sourceEnvironment({ x, exa, arxiv }: Record<"x" | "exa" | "arxiv", Served>): Record<string, string> {
  return {
    X_BASE_URL: x.url,
    X_API_KEY: "synthetic-key-x",
    X_AUTHORS: SYNTHETIC_AUTHORS.join(","),
    EXA_BASE_URL: exa.url,
    EXA_API_KEY: "synthetic-key-exa",
    ARXIV_BASE_URL: arxiv.url,
  };
}
