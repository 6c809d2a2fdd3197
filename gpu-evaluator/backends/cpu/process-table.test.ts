import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProcessTable } from "./process-table.ts";
import type { Referee } from "./referee.ts";

test("an empty call that was timed on a busy machine is timed again once something took less", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-empty-"));
  let measured = 0;
  const microseconds = [33, 12, 10];
  const referee = {
    spawn: async () => void measured++,
    end: async () => {},
    command: async () => [String((microseconds[measured - 1] ?? 10) * 1000)],
  } as unknown as Referee;
  const table = new ProcessTable(referee, { cores: 1, memoryBytes: 1, emptyKernel: "empty", folder });
  try {
    expect((await table.emptyCall(0.05)).ms).toBe(0.033);
    expect((await table.emptyCall(0.05)).ms).toBe(0.033);
    expect(measured).toBe(1);
    expect((await table.emptyCall(0.011)).ms).toBe(0.01);
    expect(measured).toBe(3);
    // A shorter call stays below all of them.
    expect((await table.emptyCall(0.001)).ms).toBe(0.01);
    expect(measured).toBe(23);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
