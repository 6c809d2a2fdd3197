import type { Idea } from "../../../contract/research.ts";

const VERDICTS = {
  novel: { name: "novel", kind: "good" },
  not_novel: { name: "not novel", kind: "bad" },
  insufficient_evidence: { name: "insufficient evidence", kind: "warn" },
} as const;

export const verdictOf = (verdict: Idea["verdict"]) =>
  verdict === null ? { name: "not checked", kind: "" } : VERDICTS[verdict];
