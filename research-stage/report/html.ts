/** Blocks as one HTML file that loads nothing: styles and charts are in it, and scripts are forbidden. */
import { type Block, line } from "./blocks.ts";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1,h2,h3{line-height:1.2}table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}
td,th{border:1px solid #d0d7de;padding:.3rem .6rem;text-align:left;vertical-align:top}
pre{background:#f6f8fa;padding:1rem;overflow-x:auto;font-size:13px}blockquote{border-left:4px solid #d0d7de;margin:1rem 0;padding:0 1rem;color:#57606a}
.notice{background:#fff8c5;border:1px solid #d4a72c;padding:.6rem 1rem;font-weight:600;position:sticky;top:0}
figure{margin:1rem 0}figcaption{color:#57606a;font-size:14px}svg{max-width:100%;height:auto}`;

export function htmlOf(title: string, blocks: readonly Block[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
${blocks.map(rendered).join("\n")}
</body></html>
`;
}

function rendered(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`;
    case "notice":
      return `<p class="notice">${escaped(block.text)}</p>`;
    case "paragraph":
      return `<p>${linked(block.text)}</p>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${linked(item)}</li>`).join("")}</ul>`;
    case "quote":
      return `<blockquote>${escaped(block.text)}</blockquote>`;
    case "table": {
      const row = (cells: readonly string[], tag: string) =>
        `<tr>${cells.map((cell) => `<${tag}>${linked(cell)}</${tag}>`).join("")}</tr>`;
      return `<table>${row(block.head, "th")}${block.rows.map((cells) => row(cells, "td")).join("")}</table>`;
    }
    case "code":
      return `<pre><code>${entities(block.text)}</code></pre>`;
    case "chart":
      return `<figure>${block.svg}<figcaption>${escaped(block.caption)}</figcaption></figure>`;
  }
}

/** Addresses of the web become links; nothing else does. */
function linked(text: string): string {
  return line(text)
    .split(/(https?:\/\/[^\s<>"'()]+[^\s<>"'().,;:])/)
    .map((part, at) =>
      at % 2 === 0 ? entities(part) : `<a href="${entities(part)}" rel="noreferrer">${entities(part)}</a>`,
    )
    .join("");
}

export function entities(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

const escaped = (text: string): string => entities(line(text));
