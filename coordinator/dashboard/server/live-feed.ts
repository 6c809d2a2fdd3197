/**
 * Server-sent events. While anybody listens, the database's own counter of commits is looked at: the thread that
 * dispatches candidates has nothing to do with it. What a listener is told comes from the islands' logs after the ends
 * that it knows, so that none is missed and none comes twice.
 */

import { logEntry } from "@kevo/proto/log.ts";
import { proposerName } from "@kevo/proto/proposer.ts";
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { eventId, type LiveChange, type LiveEntry, tailsOfEventId } from "../contract/live.ts";
import { contextOf } from "./answers/context.ts";
import type { Reader } from "./read/reader.ts";

const LOOK_EVERY_MS = 250;
/**
 * Pages ask anew after each event. What they ask for takes time that the run may want: at most this share of a
 * processor, unless a page would then stand still for longer than this.
 */
const MAX_SHARE = 0.05;
const MAX_WAIT_MS = 5_000;
/** A page takes a connection that is silent for longer as lost. */
const ALIVE_EVERY_MS = 5_000;
/** More than this is quicker loaded than told. */
const MAX_ENTRIES = 1_000;

interface Listener {
  readonly look: () => Promise<void>;
}

export class LiveFeed implements Disposable {
  readonly #reader: Reader;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | null = null;
  #seen = -1;
  #ticks = 0;
  /** Milliseconds that this thread worked after each of the last two events: the first answers take long once. */
  #costs: readonly [number, number] = [0, 0];
  #toldAt = Number.NEGATIVE_INFINITY;
  #utilization = performance.eventLoopUtilization();

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** The list of runs: told that it changed, not how. */
  runs(context: Context): Response {
    let told = "";
    return this.#stream(context, async (stream) => {
      const rows = this.#reader.lineage.sqlite
        .prepare("select id, status, accepted, elapsed_ms from runs order by rowid")
        .raw()
        .all() as unknown[][];
      const now = JSON.stringify([rows, this.#reader.isHeld]);
      if (now === told) return;
      told = now;
      await stream.writeSSE({ event: "runs", data: JSON.stringify({ runs: rows.length }) });
    });
  }

  /** @throws NotFound */
  run(context: Context, run: string): Response {
    const islands = contextOf(this.#reader, run).run.spec.islands.length;
    const last = context.req.header("last-event-id") ?? context.req.query("after") ?? "";
    const given = tailsOfEventId(last);
    let tails = given !== null && given.length === islands ? given : null;
    let told = "";
    return this.#stream(context, async (stream) => {
      // Of one snapshot: a state that is newer than the change would count as told, and never be.
      const [change, rest] = this.#reader.lineage.sqlite.transaction(
        () => [this.#changeAfter(run, tails), this.#stateOf(run)] as const,
      )();
      const state = `${eventId(change.about.position.logs)} ${rest}`;
      if (state === told) return;
      told = state;
      tails = change.about.position.logs;
      await stream.writeSSE({ event: "change", id: eventId(tails), data: JSON.stringify(change) });
    });
  }

  /**
   * Tells every listener what there is, however short a time ago it was told something.
   *
   * @returns whether anybody listens.
   */
  async tellLast(): Promise<boolean> {
    const looks = [...this.#listeners].map(({ look }) => look);
    // What is being told at this moment may be older.
    await Promise.all(looks.map((look) => look()));
    await Promise.all(looks.map((look) => look()));
    return looks.length > 0;
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #stream(context: Context, tell: (stream: SSEStreamingApi) => Promise<void>): Response {
    context.header("x-accel-buffering", "no");
    return streamSSE(context, async (stream) => {
      let telling: Promise<void> | null = null;
      const ended = Promise.withResolvers<void>();
      const look = async () => {
        // One that reads slowly gets fewer, larger events.
        telling ??= tell(stream)
          .catch(() => ended.resolve())
          .finally(() => {
            telling = null;
          });
        await telling;
      };
      const listener: Listener = { look };
      stream.onAbort(() => ended.resolve());
      this.#add(listener);
      const alive = setInterval(() => void stream.write(": alive\n\n").catch(() => ended.resolve()), ALIVE_EVERY_MS);
      try {
        await look();
        await ended.promise;
      } finally {
        clearInterval(alive);
        this.#remove(listener);
      }
    });
  }

  #add(listener: Listener): void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  #remove(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const version = this.#reader.dataVersion;
    // A coordinator that was killed commits nothing any more.
    const isTimeAnyway = this.#ticks++ % 4 === 0;
    if (version === this.#seen && !isTimeAnyway) return;
    const now = performance.now();
    if (now - this.#toldAt < Math.min(MAX_WAIT_MS, Math.min(...this.#costs) / MAX_SHARE)) return;
    this.#seen = version;
    const utilization = performance.eventLoopUtilization();
    this.#costs = [this.#costs[1], utilization.active - this.#utilization.active];
    this.#utilization = utilization;
    this.#toldAt = now;
    for (const { look } of this.#listeners) void look();
  }

  /** What of a run's state is in no log. */
  #stateOf(run: string): string {
    const { sqlite } = this.#reader.lineage;
    const [status, spec] = sqlite.prepare("select status, spec from runs where id = ?").raw().get(run) as string[];
    const event = sqlite.prepare("select max(id) from events where run = ?").pluck().get(run);
    return JSON.stringify([status, spec, event, this.#reader.isLive(status as string)]);
  }

  #changeAfter(run: string, tails: readonly number[] | null): LiveChange {
    const { about, run: read } = contextOf(this.#reader, run);
    const { logs } = about.position;
    if (tails === null) return { about, entries: [], reload: true };
    const missing = logs.reduce((sum, tail, island) => sum + Math.max(0, tail - (tails[island] as number)), 0);
    if (missing > MAX_ENTRIES) return { about, entries: [], reload: true };
    const statement = this.#reader.lineage.sqlite
      .prepare("select rowid, entry from log where run = ? and island = ? and n > ? and n <= ?")
      .raw();
    const rows = logs.flatMap((tail, island) =>
      tail > (tails[island] as number) ? (statement.all(run, island, tails[island], tail) as [number, string][]) : [],
    );
    rows.sort(([a], [b]) => a - b);
    const entries = rows.flatMap(([, text]) => entryOf(text, (fitness) => read.values.of(fitness)));
    return { about, entries, reload: false };
  }
}

function entryOf(text: string, worthOf: (fitness: number) => number | null): LiveEntry[] {
  const entry = logEntry.parse(JSON.parse(text));
  const { island, n } = entry;
  switch (entry.type) {
    case "opened":
      return [];
    case "asked": {
      const migrants = entry.candidates.flatMap(({ id, proposer, parents }) =>
        proposerName(proposer) === "migrant" && parents[0] !== undefined ? [{ candidate: id, origin: parents[0] }] : [],
      );
      const candidates = entry.candidates.map(({ id }) => id);
      return [{ type: "asked", island, n, batch: entry.k, candidates, migrants }];
    }
    case "evaluated": {
      const { candidate, outcome, cached, fitness } = entry;
      return [{ type: "evaluated", island, n, candidate, outcome, cached, value: worthOf(fitness ?? Number.NaN) }];
    }
  }
}
