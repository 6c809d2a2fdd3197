/** Characters of an Atom feed that are written as references by number or name. */
import { describe, expect, test } from "vitest";
import { quotes } from "../../stages/keywords.ts";
import { readFeed } from "./feed.ts";

const feedOf = (title: string, summary: string, author = "A", head = "") => `<?xml version="1.0" encoding="UTF-8"?>
${head}<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
  <opensearch:totalResults>1</opensearch:totalResults>
  <entry>
    <id>http://arxiv.org/abs/2601.00001v1</id>
    <title>${title}</title>
    <summary>${summary}</summary>
    <author><name>${author}</name></author>
    <link title="pdf" href="http://arxiv.org/pdf/2601.00001v1?a=1&amp;b=&#50;"/>
  </entry>
</feed>`;

function entryOf(...parts: Parameters<typeof feedOf>) {
  const feed = readFeed(feedOf(...parts));
  if (feed.kind !== "feed") throw new Error(feed.message);
  return feed.entries[0];
}

describe("references to characters", () => {
  test("by decimal and hexadecimal number, in names, titles, abstracts and addresses", () => {
    expect(entryOf("Tiles &#8212; a study", "It is 2&#xD7; as fast.", "A. &#201;xample")).toMatchObject({
      title: "Tiles — a study",
      summary: "It is 2× as fast.",
      author: [{ name: "A. Éxample" }],
      link: [{ "@_href": "http://arxiv.org/pdf/2601.00001v1?a=1&b=2" }],
    });
  });

  test.each([
    ["the five names of XML", "&lt;tile&gt; &quot;a&quot; &apos;b&apos; R&amp;D", `<tile> "a" 'b' R&D`],
    ["beyond the first plane", "&#x1F680;&#128640; &#x1d6fc;", "🚀🚀 𝛼"],
    ["with zeros in front, in either case", "&#0000201; &#x00e9; &#XE9;", "É é é"],
    ["once: a text that is escaped twice is about references", "&amp;#201; &amp;amp;lt;", "&#201; &amp;lt;"],
    ["a line's end and a tab", "a&#10;b&#x9;c", "a\nb\tc"],
  ])("%s", (_, written, meant) => {
    expect(entryOf("t", written)?.summary).toBe(meant);
  });

  test.each([
    ["nothing and control characters", "&#0; &#x1b; &#8;"],
    ["halves of surrogate pairs", "&#xD800; &#56320;"],
    ["beyond Unicode", "&#x110000; &#9999999999;"],
    ["no number", "&#; &#x; &#-1; &#12a; &#xZZ;"],
    ["unknown names", "&bogus; &constructor; &toString;"],
    ["no end", "R&#201 &amp"],
    ["non-characters", "&#xFFFE; &#65535;"],
  ])("that name no character stay as they are: %s", (_, written) => {
    expect(entryOf("t", written)?.summary).toBe(written);
  });

  test("a feed cannot declare names that grow", () => {
    const head = '<!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "bb">]>';
    expect(entryOf("t", "&a;&b;", "A", head)?.summary).toBe("&a;&b;");
  });
});

describe("a quote is compared with its source after the same normalisation of both", () => {
  const text = entryOf("t", "R&amp;D of tiles &#8212; it&#x2019;s 2&#xD7; as fast, &lt;8 KiB.")?.summary ?? "";
  test.each([
    ["as it is written", "R&D of tiles — it’s 2× as fast, <8 KiB."],
    ["escaped by number", "R&#38;D of tiles &#x2014; it&#39;s 2&#215; as fast"],
    ["escaped by name", "R&amp;D of tiles - it&apos;s 2× as fast, &lt;8 KiB."],
    ["in another form of the same characters", "of tiles – it's  ２× AS FAST"],
    ["with a minus sign, and hidden characters", "R&D of ti\u00adles \u2212 it\u200bs 2× as"],
  ])("%s", (_, quote) => {
    expect(quotes(text, quote)).toBe(true);
  });

  test("and the source may be the one that is escaped", () => {
    expect(quotes("Tiles &#8212; it is 2&#xD7; as fast", "tiles — it is 2× as fast")).toBe(true);
  });

  test("another word is another text", () => {
    expect(quotes(text, "R&D of tiles — it’s 3× as fast")).toBe(false);
    expect(quotes(text, "RampD of tiles — it’s 2× as fast")).toBe(false);
  });
});
