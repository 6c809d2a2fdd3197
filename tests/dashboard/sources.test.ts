/** What no page may hold, whatever is shown on it. */
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { files, read } from "../house/files.ts";
import { importsOf } from "../house/imports.ts";

const WEB = "coordinator/dashboard/web/";
const sources = files().filter(
  (file) => file.startsWith(WEB) && /\.(tsx?|html|css|svg)$/.test(file) && !file.endsWith(".test.ts"),
);

/** What makes markup or code of text. */
const MARKUP =
  /\b(inner|outer)HTML\b|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|createContextualFragment|\beval\(|new Function\b|srcdoc|javascript:/;
/** An address on another host; the names of XML's languages are none. */
const OTHER_HOST = /(?:https?:)?\/\/(?!www\.w3\.org\/)[a-z0-9-]+(\.[a-z0-9-]+)+/i;
/** Inline code and styles, which the server's policy forbids. */
const INLINE = /<script(?![^>]*\bsrc=)|<style|\sstyle="|\son[a-z]+="/;

const complaints = (rule: RegExp, among: readonly string[] = sources) =>
  among.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, at) => (rule.test(line) ? [`${file}:${at + 1} ${line.trim()}`] : [])),
  );

describe("no page", () => {
  test("makes markup or code of text", () => {
    expect(sources.length).toBeGreaterThan(60);
    expect("node.innerHTML = text").toMatch(MARKUP);
    expect(complaints(MARKUP)).toEqual([]);
  });

  test("names another host", () => {
    expect('src="https://cdn.example.org/x.js"').toMatch(OTHER_HOST);
    expect("@import '//fonts.example.org/x'").toMatch(OTHER_HOST);
    expect('xmlns="http://www.w3.org/2000/svg"').not.toMatch(OTHER_HOST);
    expect(complaints(OTHER_HOST)).toEqual([]);
  });

  test("has code or styles inline", () => {
    expect("<script>x</script>").toMatch(INLINE);
    expect('<script src="x"></script>').not.toMatch(INLINE);
    expect(
      complaints(
        INLINE,
        sources.filter((file) => file.endsWith(".html")),
      ),
    ).toEqual([]);
  });

  test("imports what runs in a server", () => {
    expect(isForeign(`${WEB}data/x.ts`, "../../server/app.ts")).toBe(true);
    expect(isForeign(`${WEB}data/x.ts`, "node:fs")).toBe(true);
    expect(isForeign(`${WEB}data/x.ts`, "../../contract/runs.ts")).toBe(false);
    const code = sources.filter((file) => /\.tsx?$/.test(file));
    const found = code.flatMap((file) => importsOf(read(file)).filter((one) => isForeign(file, one)));
    expect(found).toEqual([]);
  });
});

/** Of this project, pages import each other, the contract, and what is pure. */
function isForeign(file: string, specifier: string): boolean {
  if (!specifier.startsWith(".")) return /^node:|^@kevo\/(?!core\/text\/|proto\/)/.test(specifier);
  const target = join(dirname(file), specifier);
  return !(target.startsWith(WEB) || target.startsWith("coordinator/dashboard/contract/"));
}
