import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { prepareToolchain } from "./toolchain.ts";

test("the second start compiles and links nothing, and knows as much", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-toolchain-"));
  const calls = join(folder, "calls");
  writeFileSync(join(folder, "cc"), `#!/bin/sh\necho "$*" >>'${calls}'\nexec cc "$@"\n`, { mode: 0o755 });
  vi.stubEnv("CC", join(folder, "cc"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  /** What makes an object or a program. */
  const made = () =>
    readFileSync(calls, "utf8")
      .split("\n")
      .filter((line) => / -o /.test(line)).length;
  try {
    const first = await prepareToolchain(join(folder, "first"));
    const before = made();
    expect(before).toBeGreaterThan(10);
    const second = await prepareToolchain(join(folder, "second"));
    expect(made()).toBe(before);
    expect([second.native, second.linkage]).toEqual([first.native, first.linkage]);
  } finally {
    // The next file in this process prepares before its first test, and finds what is left.
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  }
});
