/** Writes the report: report.md with its charts beside it, report.html with everything in it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { composeReport, type ReportParts } from "./compose.ts";
import { htmlOf } from "./html.ts";
import { markdownOf } from "./markdown.ts";

const CHARTS = "charts";

/** @returns the files' names, relative to `folder`. */
export function writeReport(folder: string, parts: ReportParts): string[] {
  const blocks = composeReport(parts);
  mkdirSync(join(folder, CHARTS), { recursive: true });
  const charts = blocks.flatMap((block) =>
    block.kind === "chart" ? [[`${CHARTS}/${block.name}.svg`, `${block.svg}\n`] as const] : [],
  );
  const files = [
    ["report.md", markdownOf(blocks, CHARTS)],
    ["report.html", htmlOf(`Research on ${parts.options.domain}`, blocks)],
    ...charts,
  ] as const;
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  return files.map(([name]) => name);
}
