/** What the server has read of the database so far. */
import { isHeld } from "@kevo/core/database/writer-lock.ts";
import { eq } from "drizzle-orm";
import { openReadOnly, type ReadOnlyLineage } from "../../../lineage/read-only.ts";
import { runs } from "../../../lineage/schema.ts";
import type { About } from "../../contract/common.ts";
import type { RunView } from "../../model/run-view.ts";
import { NotFound } from "../refusal.ts";
import { RunList } from "./run-list.ts";
import { byFrequency, RunReader } from "./run-reader.ts";

/** Candidates of runs that are kept read: about 150 bytes each. */
const MAX_CANDIDATES = 250_000;
/** Of the database in memory: what is asked for again is in the columns. */
const CACHE_KIB = 4_000;
/** How long it is believed that a coordinator works, or does not. */
const HELD_MS = 1_000;

export class Reader implements Disposable {
  readonly lineage: ReadOnlyLineage;
  readonly version: string;
  readonly list: RunList;
  /** The least recently used first. */
  readonly #runs = new Map<string, RunReader>();
  #seen = -1;
  #fresh = new Set<string>();
  #held = { at: Number.NEGATIVE_INFINITY, is: false };

  constructor(database: string, version: string) {
    this.lineage = openReadOnly(database);
    this.lineage.sqlite.pragma(`cache_size = -${CACHE_KIB}`);
    this.version = version;
    this.list = new RunList(this.lineage);
  }

  /** Grows whenever another connection has committed something. */
  get dataVersion(): number {
    return this.lineage.sqlite.pragma("data_version", { simple: true }) as number;
  }

  /** Whether a coordinator works with the database. */
  get isHeld(): boolean {
    const now = performance.now();
    if (now - this.#held.at > HELD_MS) this.#held = { at: now, is: isHeld(this.lineage.path) };
    return this.#held.is;
  }

  /** @throws NotFound */
  run(id: string): RunReader {
    const version = this.dataVersion;
    if (version !== this.#seen) this.#fresh.clear();
    this.#seen = version;
    const known = this.#runs.get(id);
    if (known !== undefined && this.#fresh.has(id)) return known;
    const row = this.lineage.db.select().from(runs).where(eq(runs.id, id)).get();
    if (row === undefined) throw new NotFound(`There is no run ${id} in ${this.lineage.path}.`);
    const reader = known ?? new RunReader(this.lineage, row);
    // One snapshot for all tables.
    this.lineage.sqlite.transaction(() => reader.refresh(row))();
    this.#fresh.add(id);
    this.#runs.delete(id);
    this.#runs.set(id, reader);
    this.#forget(id);
    return reader;
  }

  about(reader: RunReader, view: RunView): About {
    const { row, spec, values } = reader;
    return {
      run: row.id,
      kernel: row.kernel,
      backend: row.backend,
      devices: byFrequency(reader.devices),
      toolchains: byFrequency(reader.toolchains),
      objective: values.objective,
      version: this.version,
      position: { evaluated: view.at, logs: this.#logs(reader, view, spec.islands.length) },
      latest: reader.table.evaluations,
      now: view.now,
      live: this.isLive(row.status),
    };
  }

  isLive(status: string): boolean {
    return status === "running" && this.isHeld;
  }

  /** Of the islands' logs as they are stored now. */
  tails(run: string): number[] {
    return this.lineage.sqlite
      .prepare("select tail from islands where run = ? order by island")
      .pluck()
      .all(run) as number[];
  }

  [Symbol.dispose](): void {
    this.lineage.close();
  }

  #logs(reader: RunReader, view: RunView, islands: number): number[] {
    return view.now ? this.tails(reader.run) : view.logs(islands);
  }

  #forget(kept: string): void {
    let sum = 0;
    for (const { table } of this.#runs.values()) sum += table.size;
    for (const [id, { table }] of this.#runs) {
      if (sum <= MAX_CANDIDATES) return;
      if (id === kept) continue;
      sum -= table.size;
      this.#runs.delete(id);
      this.#fresh.delete(id);
    }
  }
}
