/** Blocks as Markdown. Foreign text is escaped, so that it cannot become a heading, a link or HTML. */
import { type Block, line } from "./blocks.ts";

/** @param charts where the charts lie, relative to the report. */
export function markdownOf(blocks: readonly Block[], charts: string): string {
  return `${blocks.map((block) => rendered(block, charts)).join("\n\n")}\n`;
}

function rendered(block: Block, charts: string): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escaped(block.text)}`;
    case "notice":
      return `> **${escaped(block.text)}**`;
    case "paragraph":
      return escaped(block.text);
    case "list":
      return block.items.map((item) => `- ${escaped(item)}`).join("\n");
    case "quote":
      return `> ${escaped(block.text)}`;
    case "table": {
      const row = (cells: readonly string[]) => `| ${cells.map((cell) => escaped(cell)).join(" | ")} |`;
      return [row(block.head), row(block.head.map(() => "---")), ...block.rows.map(row)].join("\n");
    }
    case "code": {
      const longest = Math.max(2, ...[...block.text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
      const fence = "`".repeat(longest + 1);
      return `${fence}${block.language}\n${block.text.trimEnd()}\n${fence}`;
    }
    case "chart":
      return `![${escaped(block.caption)}](${charts}/${block.name}.svg)`;
  }
}

export function escaped(text: string): string {
  return line(text)
    .replace(/[\\`*_{}[\]<>|#]/g, "\\$&")
    .replace(/^([+-]|\d+\.)(?=\s)/, "\\$1")
    .replaceAll("://", ":\u200b//");
}
