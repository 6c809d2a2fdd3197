import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { afterEach, expect, test } from "vitest";
import { Ledger } from "../ledger/ledger.ts";
import { LedgerState } from "../ledger/ledger-state.ts";
import { openLineage } from "../lineage/database.ts";
import { startNatsServer } from "../nats-server/embedded.ts";
import { LogPublisher } from "./log-publisher.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A run after its start: two logs of one entry each, in SQLite and not in NATS. */
async function started(): Promise<{ bus: Bus; ledger: Ledger; entries: LogEntry[] }> {
  const folder = mkdtempSync(join(tmpdir(), "kevo-publisher-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startNatsServer({ dir: join(folder, "nats") });
  cleanups.push(() => server.stop());
  const bus = await connectBus({ url: server.url, role: "coordinator", name: "test" });
  cleanups.push(() => bus.close());
  await bus.openLogStream();
  const lineage = openLineage(join(folder, "lineage.db"));
  cleanups.push(() => lineage.close());
  const space = openSpace({ parameters: [{ name: "X", type: "integer", min: 0, max: 9, step: 1 }], constraints: [] });
  const entries: LogEntry[] = [];
  const listener = { onEntries: (added: readonly LogEntry[]) => void entries.push(...added), onReady: () => {} };
  const ledger = new Ledger(lineage, new LedgerState(specOf({ run: "r", count: 2 }), space), listener, (error) => {
    throw error;
  });
  cleanups.push(() => ledger.close());
  await ledger.create("{}");
  return { bus, ledger, entries };
}

test("a repair waits for pending entries, and publishes none of them twice", async () => {
  const { bus, ledger, entries } = await started();
  expect(entries).toHaveLength(2);
  const sent: LogEntry[] = [];
  const opened = Promise.withResolvers<void>();
  const acknowledge = Promise.withResolvers<void>();
  const slow: Bus = Object.create(bus, {
    appendLog: {
      value: async (some: readonly LogEntry[]) => {
        sent.push(...some);
        await acknowledge.promise;
        await bus.appendLog(some);
      },
    },
    openLogStream: { value: () => bus.openLogStream().then(opened.resolve) },
  });
  const publisher = new LogPublisher(slow, ledger);
  publisher.publish(entries);
  const repaired = publisher.repair();
  await opened.promise;
  // A repair that did not wait would have asked for the tails by now, and be answered before this.
  expect(await bus.logTail("r", 1)).toBeNull();
  acknowledge.resolve();
  await repaired;
  expect(sent).toEqual(entries);
  expect(await Promise.all([0, 1].map((island) => bus.logTail("r", island)))).toEqual([0, 0]);
});

test("what a publish could not store is published again", async () => {
  const { bus, ledger, entries } = await started();
  let failures = 1;
  const failing: Bus = Object.create(bus, {
    appendLog: {
      value: (some: readonly LogEntry[]) => (failures-- > 0 ? Promise.reject(new Error("away")) : bus.appendLog(some)),
    },
  });
  const publisher = new LogPublisher(failing, ledger);
  publisher.publish(entries);
  await publisher.repair();
  expect(await Promise.all([0, 1].map((island) => bus.logTail("r", island)))).toEqual([0, 0]);
});
