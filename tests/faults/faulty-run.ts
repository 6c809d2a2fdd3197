/** One run under a schedule of faults, and what its ledger says afterwards. */
import { setTimeout as sleep } from "node:timers/promises";
import { audit, type Finding } from "./audit.ts";
import { FaultyCluster } from "./cluster.ts";
import { describeFault, type Scheduled, scheduleOf } from "./schedule.ts";
import { openStored, readLedger } from "./stored-ledger.ts";

export interface FaultyRunOptions {
  readonly seed: number;
  readonly faults: number;
  readonly onNote: (text: string) => void;
  /** Where its database is copied to. */
  readonly keep?: string;
}

interface Stall {
  readonly ms: number;
  /** After this many evaluations. */
  readonly after: number;
  /** The faults that were under way in it. */
  readonly during: readonly string[];
}

export interface FaultyRun {
  readonly faults: number;
  /** Faults that this host could not make, or whose target was not there. */
  readonly without: readonly string[];
  readonly findings: readonly Finding[];
  readonly longestStall: Stall;
  readonly seconds: number;
}

const PER_FAULT = 5;
const SPARES = 20;
const LOOK_MS = 20;
const TOLD_MS = 2_000;
/**
 * A run that stands still meets the next fault all the same, once it has had the time that it took to start: a busy machine
 * takes many times as long as an idle one, and a run that never gets up again says nothing.
 */
const MIN_STILL_MS = 1_500;
/** Against hanging, once no fault is left: as often the time that it took to start. */
const END_LIMIT = 30;
const MIN_END_LIMIT_MS = 180_000;

interface Underway {
  readonly text: string;
  readonly from: number;
  to: number;
}

export async function faultyRun({ seed, faults, onNote, keep }: FaultyRunOptions): Promise<FaultyRun> {
  const startedAt = performance.now();
  const evaluations = faults * PER_FAULT + PER_FAULT;
  await using cluster = await FaultyCluster.start({ seed, evaluations, onTrouble: onNote });
  const { witness } = cluster;
  const schedule = scheduleOf(seed, faults + SPARES, PER_FAULT);
  const waiting: Scheduled[] = schedule.slice(0, faults);
  /** In the place of faults whose target was not there. */
  const spares = schedule.slice(faults);
  const underway: Underway[] = [];
  const running: Promise<void>[] = [];
  const without: string[] = [];
  let over = false;
  void cluster.completed.then(() => {
    over = true;
  });

  const suffer = async ({ number, fault }: Scheduled) => {
    const text = `${number}: ${describeFault(fault)}`;
    const own = { text, from: performance.now(), to: Number.POSITIVE_INFINITY };
    underway.push(own);
    onNote(text);
    if (!(await cluster.suffer(fault))) {
      without.push(text);
      waiting.push(...spares.splice(0, 1).map((spare) => ({ ...spare, after: 0 })));
    }
    own.to = performance.now();
  };

  // Faults begin once the run has.
  let longestStall: Stall = { ms: 0, after: 0, during: [] };
  let count = 0;
  let movedAt = performance.now();
  let facedAt = performance.now();
  let liftedAt = Number.POSITIVE_INFINITY;
  let stillMs = MIN_STILL_MS;
  while (!over) {
    await sleep(LOOK_MS);
    const now = performance.now();
    const is = witness.look();
    if (is > count) {
      if (count > 0 && now - movedAt > longestStall.ms) {
        const [from, to] = [movedAt, now];
        const during = underway.filter((fault) => fault.from < to && fault.to > from - 250).map(({ text }) => text);
        longestStall = { ms: Math.round(to - from), after: count, during };
      }
      if (count === 0) stillMs = Math.max(MIN_STILL_MS, now - startedAt);
      if (now - movedAt > TOLD_MS) onNote(`nothing was stored for ${((now - movedAt) / 1000).toFixed(1)} s`);
      count = is;
      movedAt = now;
    }
    const next = waiting[0];
    if (next !== undefined && count > 0 && (count >= next.after || now - Math.max(movedAt, facedAt) > stillMs)) {
      waiting.shift();
      facedAt = now;
      running.push(suffer(next));
    }
    const isLifted = waiting.length === 0 && underway.every(({ to }) => to < now);
    liftedAt = isLifted ? Math.min(liftedAt, now) : Number.POSITIVE_INFINITY;
    if (now - liftedAt > Math.max(MIN_END_LIMIT_MS, END_LIMIT * stillMs)) break;
  }
  await Promise.all(running);
  if (waiting.length > 0) onNote(`the run was over before ${waiting.length} of its faults`);
  witness.look();
  const db = openStored(witness.path);
  for (const attempt of db.prepare("select * from attempts where end is null").all()) {
    onNote(`not ended: ${JSON.stringify(attempt)}`);
  }
  const findings = audit(readLedger(db, witness.seen));
  if (keep !== undefined) await db.backup(keep);
  db.close();
  const seconds = (performance.now() - startedAt) / 1000;
  return { faults: underway.length - without.length, without, findings, longestStall, seconds };
}
