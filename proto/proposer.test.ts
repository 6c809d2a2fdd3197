import { expect, test } from "vitest";
import { askedEntry } from "./log.ts";
import { callLabels } from "./model-call.ts";

test("a stored name of an earlier release is read as today's", () => {
  const candidate = { config: {}, source: null, proposer: "grok", parents: [], reason: null };
  const entry = { v: 1, run: "r", island: 0, n: 1, type: "asked", k: 0 };
  const stored = { ...entry, candidates: [{ ...candidate, id: "r/0/0/0", index: 0, genome: "g" }] };
  expect(askedEntry.parse(stored).candidates[0]?.proposer).toBe("llm");
  expect(callLabels.parse({ proposer: "grok", variant: null, island: null }).proposer).toBe("llm");
  expect(callLabels.parse({ proposer: "another", variant: null, island: null }).proposer).toBe("another");
});
