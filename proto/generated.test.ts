import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));

function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((file) => join(file.parentPath, file.name))
      .map((path) => [path.slice(folder.length), readFileSync(path, "utf8")]),
  );
}

test("the committed types are those of evaluator.proto (else: npm run generate -w proto)", () => {
  const fresh = mkdtempSync(join(tmpdir(), "kevo-generated-"));
  try {
    execFileSync("sh", [join(here, "generate.sh"), fresh], { stdio: "pipe" });
    expect(contents(fresh)).toEqual(contents(join(here, "generated")));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
});
