import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { kept } from "./kept-build.ts";

let root: string;
let compiled: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kevo-kept-build-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "sources"));
  writeFileSync(join(root, "sources/main.c"), "int main(void) {}");
  compiled = 0;
});

/** @returns the built file's content */
async function build(options: { version?: string; compiler?: string; start?: string } = {}): Promise<string> {
  const start = join(root, options.start ?? "one");
  mkdirSync(start, { recursive: true });
  const [part, output] = [join(start, "part.o"), join(start, "program")];
  writeFileSync(part, "part");
  const args = ["-O2", "-o", output, part];
  const compiler = { compiler: options.compiler ?? "cc", path: "/nowhere", version: options.version ?? "1" };
  const what = { ...compiler, args, folders: [join(root, "sources")], made: [part], output };
  await kept(what, { XDG_CACHE_HOME: join(root, "cache") }, async () => writeFileSync(output, `build ${++compiled}`));
  return readFileSync(output, "utf8");
}
const builds = () => join(root, "cache/kevo/builds");

test("the next start takes what an earlier one compiled, in whatever folder it was", async () => {
  expect(await build({ start: "one" })).toBe("build 1");
  expect(await build({ start: "two" })).toBe("build 1");
});

test("another compiler, also one that says the same of itself, and other sources: compiled again", async () => {
  await build();
  expect(await build({ version: "2" })).toBe("build 2");
  const wrapper = join(root, "cc");
  writeFileSync(wrapper, "#!/bin/sh");
  expect(await build({ compiler: wrapper })).toBe("build 3");
  writeFileSync(wrapper, "#!/bin/sh -e");
  expect(await build({ compiler: wrapper })).toBe("build 4");
  writeFileSync(join(root, "sources/main.c"), "int main(void) { return 1; }");
  expect(await build()).toBe("build 5");
});

test("a folder that others can write to is not used", async () => {
  await build();
  chmodSync(builds(), 0o777);
  expect(await build()).toBe("build 2");
  expect(await build()).toBe("build 3");
});

test("where nothing can be kept, it is compiled; a failure to compile is the caller's, and leaves nothing", async () => {
  writeFileSync(join(root, "cache"), "a file where the folder should be");
  expect(await build()).toBe("build 1");
  rmSync(join(root, "cache"));
  const compiler = { compiler: "cc", path: "/nowhere", version: "1" };
  const what = { ...compiler, args: [], folders: [], made: [], output: join(root, "never") };
  const failing = kept(what, { XDG_CACHE_HOME: join(root, "cache") }, () => Promise.reject(new Error("no compiler")));
  await expect(failing).rejects.toThrow("no compiler");
  expect(readdirSync(builds())).toEqual([]);
});

test("what no start has used for a month goes when something new is kept", async () => {
  await build();
  const [old = ""] = readdirSync(builds());
  utimesSync(join(builds(), old), new Date(0), new Date(0));
  await build({ version: "2" });
  expect(readdirSync(builds())).not.toContain(old);
  expect(readdirSync(builds())).toHaveLength(1);
});
