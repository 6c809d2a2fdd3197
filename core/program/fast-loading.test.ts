import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const FAST = fileURLToPath(new URL("./fast-loading.ts", import.meta.url));
const IMPORT = fileURLToPath(new URL("./fast-loading.fixture.ts", import.meta.url));
const NAMES = [
  ...["zod", "commander", "cockatiel", "nats", "@grpc/grpc-js", "node:fs"],
  ...["drizzle-orm", "drizzle-orm/better-sqlite3", "drizzle-orm/better-sqlite3/migrator", "drizzle-orm/sqlite-core"],
  ...["@kevo/proto/run.ts", "./run-program.ts"],
];

/** What each import led to: its URL, with the format where Node says one. */
function foundWith(...options: string[]): Map<string, { url: string; format: string | null }> {
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const told = execFileSync(process.execPath, [...options, IMPORT, ...NAMES], { encoding: "utf8", env });
  const found = JSON.parse(told) as [string, string, string, string | null][];
  return new Map(found.map(([specifier, parent, url, format]) => [`${specifier} in ${parent}`, { url, format }]));
}

test("what is found without looking is what Node finds", () => {
  const fast = foundWith("--import", FAST);
  const slow = foundWith();
  expect(fast.size).toBeGreaterThan(500);
  for (const [name, { url, format }] of fast) {
    // Messages in English alone; and what only the other languages would have loaded.
    if (name.startsWith("../locales/index.js ")) continue;
    const node = slow.get(name);
    if (node === undefined) continue;
    expect({ name, url, format: node.format === null ? null : format }).toEqual({ name, ...node });
  }
  const missing = [...slow.keys()].filter((name) => !fast.has(name) && !name.includes("/zod/v4/locales/"));
  expect(missing).toEqual([]);
});
