/** The pages: static files that `npm run build:dashboard` made. They hold no data, so they need no token. */
import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "hono";

const TYPES: Readonly<Record<string, string>> = {
  ...{
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
  },
  ...{ ".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json", ".woff2": "font/woff2" },
};

const FOLDER = fileURLToPath(new URL("../dist", import.meta.url));

export interface Pages {
  readonly built: boolean;
  serve(context: Context): Response;
}

export function openPages(folder: string = FOLDER): Pages {
  const has = () => existsSync(join(folder, "index.html"));
  return {
    get built() {
      return has();
    },
    serve: (context) => {
      if (!has()) return context.text(NOT_BUILT, 503);
      const file = fileOf(folder, context.req.path);
      if (file === null) return context.text("There is no such page.\n", 404);
      context.header("content-type", TYPES[extname(file)] ?? "application/octet-stream");
      // Names of assets hold the hash of their content.
      const isAsset = file.startsWith(join(folder, "assets") + sep);
      context.header("cache-control", isAsset ? "public, max-age=31536000, immutable" : "no-cache");
      return context.body(new Uint8Array(readFileSync(file)));
    },
  };
}

const NOT_BUILT = `The dashboard's pages are not built. Run:

  npm run build:dashboard

The API serves without them.
`;

/** A file, or the one page for a path that is no file's; null for what lies outside, and for a missing file. */
function fileOf(folder: string, path: string): string | null {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (name.includes("\0")) return null;
  const file = normalize(join(folder, name));
  if (file !== folder && !file.startsWith(folder + sep)) return null;
  if (extname(file) === "") return join(folder, "index.html");
  return existsSync(file) ? file : null;
}
