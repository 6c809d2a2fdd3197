import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arxivIdOf, canonicalUrl, doiOf, identityOf } from "./identity.ts";
import type { LiteratureRecord } from "./literature.ts";
import { mergeRecords } from "./merge.ts";
import { recordOf } from "./record.ts";

describe("identities", () => {
  test.each([
    ["http://arxiv.org/abs/2613.00001v3", "2613.00001"],
    ["https://www.arxiv.org/pdf/2613.00001.pdf", "2613.00001"],
    ["https://arxiv.org/pdf/2613.00001v12", "2613.00001"],
    ["https://arxiv.org/html/2613.00001v1#S2", "2613.00001"],
    ["arXiv:2613.00001", "2613.00001"],
    ["2613.00001v2", "2613.00001"],
    ["http://arxiv.org/abs/cs.LG/0312044v1", "cs.LG/0312044"],
    ["https://example.com/12613.00001", null],
    ["https://example.com/", null],
  ])("arXiv: %s", (text, id) => {
    expect(arxivIdOf(text)).toBe(id);
  });

  test.each([
    ["https://doi.org/10.5555/Synthetic.1", "10.5555/synthetic.1"],
    ["doi: 10.5555/a(b)c.", "10.5555/a(b)c"],
    ["https://example.com/x", null],
  ])("DOI: %s", (text, id) => {
    expect(doiOf(text)).toBe(id);
  });

  test.each([
    ["http://www.Example.com/a/?utm_source=x&b=2&a=1#top", "https://example.com/a?a=1&b=2"],
    ["https://twitter.com/synthetic_ana/status/1?s=20", "https://x.com/synthetic_ana/status/1"],
    ["https://example.com", "https://example.com"],
    ["ftp://example.com/a", null],
    ["javascript:alert(1)", null],
    ["no address", null],
  ])("address: %s", (text, url) => {
    expect(canonicalUrl(text)).toBe(url);
  });

  test("arXiv's own DOI is the paper, also with a version", () => {
    expect(identityOf("https://doi.org/10.48550/arXiv.2613.00001v2").identities).toEqual(["arxiv:2613.00001"]);
  });

  test("an address on another site cannot pass for a paper", () => {
    for (const url of [
      "https://example.com/arxiv.org/abs/2613.00001",
      "https://arxiv.org.example.com/abs/2613.00001",
      "https://example.com/10.5555/synthetic.1",
      "https://example.com/?see=https://doi.org/10.5555/synthetic.1",
    ]) {
      expect(identityOf(url)).toMatchObject({ arxiv: null, doi: null });
    }
  });
});

const record = (source: string, url: string, more: Partial<Parameters<typeof recordOf>[0]> = {}): LiteratureRecord =>
  recordOf({
    source,
    url,
    title: null,
    text: "",
    authors: [],
    publishedAt: null,
    limit: 100,
    ...more,
  }) as LiteratureRecord;

describe("merging", () => {
  test("versions, PDF and abstract page of three sources become one paper that knows all", () => {
    const merged = mergeRecords([
      record("exa", "https://arxiv.org/pdf/2613.00001v1.pdf", { text: "short", score: 0.4, publishedAt: "2026-02-04" }),
      record("arxiv", "https://arxiv.org/abs/2613.00001", {
        title: "Tiling",
        text: "the whole abstract",
        authors: ["A", "B"],
        publishedAt: "2026-02-03",
        known: { arxiv: "2613.00001", doi: "10.5555/synthetic.1" },
      }),
      record("other", "https://doi.org/10.5555/SYNTHETIC.1"),
      record("exa", "https://example.com/else"),
    ]);
    expect(merged).toHaveLength(2);
    expect(merged[0]).toMatchObject({
      kind: "paper",
      id: "arxiv:2613.00001",
      sources: ["arxiv", "exa", "other"],
      title: "Tiling",
      text: "the whole abstract",
      authors: ["A", "B"],
      published_at: "2026-02-03",
      score: 0.4,
      arxiv: "2613.00001",
      doi: "10.5555/synthetic.1",
    });
  });

  test("a record may join two that were apart", () => {
    const apart = [record("a", "https://arxiv.org/abs/2613.00001"), record("b", "https://doi.org/10.5555/s.1")];
    expect(mergeRecords(apart)).toHaveLength(2);
    const bridge = record("c", "https://arxiv.org/abs/2613.00001", {
      known: { arxiv: "2613.00001", doi: "10.5555/s.1" },
    });
    expect(mergeRecords([...apart, bridge])).toHaveLength(1);
  });

  test("in any order: no identity twice, none lost, and merging again changes nothing", () => {
    const urls = fc.constantFrom(
      "https://arxiv.org/abs/2613.00001v1",
      "https://arxiv.org/abs/2613.00002",
      "https://doi.org/10.5555/s.1",
      "https://example.com/a",
      "https://www.example.com/a/",
      "https://example.com/b",
    );
    const known = fc.constantFrom({}, { doi: "10.5555/s.1" }, { arxiv: "2613.00001" });
    fc.assert(
      fc.property(fc.array(fc.tuple(urls, known)), (drawn) => {
        const records = drawn.map(([url, ids], n) => record(`s${n}`, url, { known: ids }));
        const merged = mergeRecords(records);
        const identities = merged.flatMap((one) => one.identities);
        expect(new Set(identities).size).toBe(identities.length);
        expect(new Set(identities)).toEqual(new Set(records.flatMap((one) => one.identities)));
        expect(merged.flatMap(({ sources }) => sources).sort()).toEqual(
          records.flatMap(({ sources }) => sources).sort(),
        );
        expect(mergeRecords(merged)).toEqual(merged);
      }),
    );
  });
});
