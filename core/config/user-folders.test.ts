import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Nobody has it. */
const UNKNOWN = 54_321;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-user-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The folders in a process with this environment. */
function seen(
  environment: NodeJS.ProcessEnv,
  uid?: number,
  core = fileURLToPath(new URL("..", import.meta.url)),
): { root: string; home: string | null } {
  const program = `
    const { cacheRoot, homeFolder } = await import(${JSON.stringify(pathToFileURL(join(core, "config", "user-folders.ts")).href)});
    console.log(JSON.stringify({ root: cacheRoot(process.env), home: homeFolder() }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    env: { TMPDIR: folder, ...environment },
    encoding: "utf8",
    ...(uid === undefined ? {} : { uid, cwd: folder }),
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("the cache is where the user says, else at home, else, where nothing can be written there, in a private folder", () => {
  expect(seen({ XDG_CACHE_HOME: "/some/where" }).root).toBe("/some/where/kevo");
  expect(seen({ HOME: folder }).root).toBe(join(folder, ".cache", "kevo"));
  mkdirSync(join(folder, ".cache"));
  expect(seen({ HOME: folder }).root).toBe(join(folder, ".cache", "kevo"));
  const { root } = seen({ HOME: "/dev/null" });
  expect(dirname(root)).toBe(folder);
  expect(statSync(root).mode & 0o777).toBe(0o700);
});

// Only root may become another user, who may not be allowed to run this Node.
const becomesAnother = spawnSync(process.execPath, ["--version"], { uid: UNKNOWN, cwd: "/" }).status === 0;

test.skipIf(!becomesAnother)("a user whom the system does not know has a cache, with or without HOME", () => {
  const core = join(folder, "core");
  cpSync(fileURLToPath(new URL("..", import.meta.url)), core, { recursive: true });
  spawnSync("chmod", ["-R", "a+rwX", folder]);
  expect(seen({}, UNKNOWN, core)).toEqual({ root: join(folder, `kevo-cache-${UNKNOWN}`), home: null });
  expect(seen({ HOME: "/" }, UNKNOWN, core)).toEqual({ root: join(folder, `kevo-cache-${UNKNOWN}`), home: "/" });
});
