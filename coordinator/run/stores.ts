/** The stores of a run: objects in NATS, the ledger in SQLite, and the copy of its logs in NATS. */
import type { Bus } from "@kevo/core/bus/bus.ts";
import type { KernelPackage } from "@kevo/core/kernel/load.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { EvolvedSource } from "../ledger/records.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { evolvableCode, storedEvolvedSources } from "./evolved-source.ts";
import { LogPublisher } from "./log-publisher.ts";
import { ObjectKeeper, type StoredObject } from "./object-keeper.ts";
import type { RunSession } from "./run-session.ts";
import { definitionObject } from "./spec.ts";

/**
 * Stores a new run, or opens a stored one.
 *
 * @param stack collects what must be closed.
 * @returns the publisher that copies the entries from now on.
 */
export async function openStores(
  stack: AsyncDisposableStack,
  bus: Bus,
  { spec, launch, kernel, lineage, resume }: RunSession,
  ledger: Ledger,
): Promise<LogPublisher> {
  await bus.openLogStream();
  const source = spec.evolves_source === undefined ? null : evolvableCode(kernel);
  const objects = new ObjectKeeper(bus, () => objectsOf(lineage.db, spec.run, kernel, source));
  stack.defer(() => objects.close());
  await objects.publish();
  const publisher = new LogPublisher(bus, ledger);
  stack.defer(() => publisher.close());
  if (resume) {
    await ledger.status({ status: "running", message: null, endedAt: null });
    await ledger.restore();
  } else await ledger.create(JSON.stringify(launch), source);
  lineage.opened();
  // Everything up to here is copied by comparing tails, and from here on as it is written.
  await publisher.repair();
  return publisher;
}

/** The objects that evaluators and workers fetch by hash: the kernel, its definition, and evolved code. */
function objectsOf(
  db: LineageDatabase,
  run: string,
  kernel: KernelPackage,
  source: EvolvedSource | null,
): StoredObject[] {
  const evolvedSources = source === null ? [] : [source, ...storedEvolvedSources(db, run)];
  const evolved = evolvedSources.map(({ hash, text }) => ({ hash, bytes: Buffer.from(text) }));
  return [kernel, definitionObject(kernel.definition), ...evolved];
}
