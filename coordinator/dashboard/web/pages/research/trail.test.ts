import { expect, test } from "vitest";
import type { Gap, Idea } from "../../../contract/research.ts";
import { parseChoice, trailOf } from "./trail.ts";

const text = { text: "", length: 0, cut: false };
const gap = (id: string, records: string[]): Gap => ({ gap: id, round: 1, title: id, description: text, records });
const idea = (id: string, gaps: string[], evidence: string[], kernel: boolean): Idea => ({
  ...{ idea: id, round: 1, title: id, description: text, feasibility: 1, novelty: 1, verdict: "novel", gaps, evidence },
  kernel: kernel ? { kernel: `${id}-kernel`, kernel_hash: "0", run: null, best: null, speedup: null } : null,
});
const linked = {
  records: ["post", "paper", "other", "cited"].map((record) => ({ record })),
  gaps: [gap("g1", ["post", "paper"]), gap("g2", ["other"])],
  ideas: [idea("i1", ["g1"], ["cited"], true), idea("i2", ["g2"], ["post"], false), idea("i3", ["g2"], [], true)],
};
const sets = (kind: "record" | "gap" | "idea" | "kernel", id: string) => {
  const trail = trailOf(linked, { kind, id });
  return trail === null ? null : Object.fromEntries(Object.entries(trail).map(([name, ids]) => [name, [...ids]]));
};

test("from a post over the gap that rests on it to the kernel that came of it", () => {
  expect(sets("record", "paper")).toEqual({ record: ["paper"], gap: ["g1"], idea: ["i1"], kernel: ["i1"] });
});

test("a record that speaks for an idea belongs to it too", () => {
  expect(sets("record", "post")?.idea).toEqual(["i1", "i2"]);
});

test("from a kernel back to all that it rests on", () => {
  expect(sets("kernel", "i1")).toEqual({
    record: ["post", "paper", "cited"],
    gap: ["g1"],
    idea: ["i1"],
    kernel: ["i1"],
  });
  expect(sets("gap", "g2")).toMatchObject({ idea: ["i2", "i3"], kernel: ["i3"] });
});

test("what is not there leads nowhere", () => {
  expect(sets("idea", "unknown")).toBeNull();
  expect(sets("record", "unknown")).toBeNull();
  expect(parseChoice("nothing")).toBeNull();
  expect(parseChoice("idea:a:b")).toEqual({ kind: "idea", id: "a:b" });
});
