/** One run under a schedule of faults, and what its ledger says afterwards. */
import { setTimeout as sleep } from "node:timers/promises";
import { audit, type Finding } from "./audit.ts";
import { FaultyCluster } from "./cluster.ts";
import { describeFault, type Scheduled, scheduleOf } from "./schedule.ts";
import { openStored, readLedger } from "./stored-ledger.ts";
import { type Absence, absencesIn, type Moment, takenBy } from "./timeline.ts";

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
  /** Parts of the run that were away in it. */
  readonly away: readonly Absence[];
  /** What happened from a little before it to its end, `at` counted from its beginning. */
  readonly moments: readonly Moment[];
}

/** A program that ended by itself, with all that it said on standard error. */
export interface OwnEnd {
  readonly how: string;
  readonly stderr: string;
}

export interface FaultyRun {
  readonly faults: number;
  /** Faults that this host could not make, or whose target was not there. */
  readonly without: readonly string[];
  readonly findings: readonly Finding[];
  readonly longestStall: Stall;
  readonly ends: readonly OwnEnd[];
  readonly seconds: number;
}

const PER_FAULT = 5;
const SPARES = 20;
/** The run goes on for so many more, for those that come in the place of others. */
const AFTER_FAULTS = 5;
const LOOK_MS = 20;
const TOLD_MS = 2_000;
/**
 * A run that stands still meets the next fault all the same, once it has had the time that it took to start. That time doubles
 * with each fault until it moves again: a machine can become busier than it was at the start, and a run that is hurt sooner
 * than it can get up says nothing.
 */
const MIN_STILL_MS = 1_500;
/** Against hanging, once no fault is left: so long without a stored evaluation, or as often the time that it took to start. */
const END_LIMIT = 30;
const MIN_END_LIMIT_MS = 180_000;
/** What led to a stall may have happened a little before it. */
const BEFORE_MS = 1_000;
/** What was stored just before the coordinator went away may be seen just after. */
const LATE_MS = 150;

export async function faultyRun({ seed, faults, onNote, keep }: FaultyRunOptions): Promise<FaultyRun> {
  const startedAt = performance.now();
  const evaluations = (faults + AFTER_FAULTS) * PER_FAULT;
  const moments: Moment[] = [];
  const ends: OwnEnd[] = [];
  let coordinatorGoneAt = Number.POSITIVE_INFINITY;
  const note = (moment: Omit<Moment, "at">) => {
    const at = performance.now();
    moments.push({ at, ...moment });
    if (moment.change?.part === "coordinator") {
      coordinatorGoneAt = moment.change.is === "away" ? Math.min(at, coordinatorGoneAt) : Number.POSITIVE_INFINITY;
    }
    onNote(moment.text);
  };
  /** Something was stored, so somebody writes. */
  const wrote = () => {
    if (performance.now() - coordinatorGoneAt > LATE_MS) {
      note({ text: "a coordinator writes", change: { part: "coordinator", is: "back" } });
    }
  };
  await using cluster = await FaultyCluster.start({
    ...{ seed, evaluations, onMoment: note },
    onEnded: (_name, how, stderr) => ends.push({ how, stderr }),
  });
  const { witness } = cluster;
  const schedule = scheduleOf(seed, faults + SPARES, PER_FAULT);
  const waiting: Scheduled[] = schedule.slice(0, faults);
  /** In the place of faults whose target was not there. */
  const spares = schedule.slice(faults);
  let underway = 0;
  let suffered = 0;
  const running: Promise<void>[] = [];
  const without: string[] = [];
  let over = false;
  void cluster.completed.then(() => {
    over = true;
  });

  const suffer = async ({ number, fault }: Scheduled) => {
    const text = `${number}: ${describeFault(fault)}`;
    const part = takenBy(fault);
    underway++;
    suffered++;
    note({ text, ...(part && { change: { part, is: "away" as const } }) });
    if (!(await cluster.suffer(fault))) {
      without.push(text);
      waiting.push(...spares.splice(0, 1).map((spare) => ({ ...spare, after: 0 })));
    }
    underway--;
    // What was killed is back when it works again; the server of NATS is not heard of. A coordinator is back when one writes:
    // while it was stopped, another may have taken its place.
    const isOver = part !== null && (fault.kind !== "kill" || part === "nats");
    const isBack = isOver && part !== "coordinator";
    if (isOver) note({ text: `${number} is over`, ...(isBack && { change: { part, is: "back" as const } }) });
  };

  // Faults begin once the run has.
  let longestStall: Stall = { ms: 0, after: 0, away: [], moments: [] };
  let count = 0;
  let movedAt = performance.now();
  let facedAt = performance.now();
  let liftedAt = Number.POSITIVE_INFINITY;
  let startMs = MIN_STILL_MS;
  let faceAfterMs = MIN_STILL_MS;
  let term = 0;
  while (!over) {
    await sleep(LOOK_MS);
    const now = performance.now();
    const is = witness.look();
    const newTerm = witness.term() ?? term;
    if (newTerm > term) note({ text: `a coordinator takes the place of another, in term ${newTerm}` });
    term = newTerm;
    for (const event of witness.events()) {
      wrote();
      const change = cluster.partOf(event);
      if (change !== undefined || event.kind !== "attempt_lost")
        note({ text: event.message, ...(change && { change }) });
    }
    if (is > count) {
      wrote();
      if (count > 0 && now - movedAt > longestStall.ms) longestStall = stallOf(moments, movedAt, now, count);
      if (count === 0) startMs = Math.max(MIN_STILL_MS, now - startedAt);
      if (now - movedAt > TOLD_MS) onNote(`nothing was stored for ${((now - movedAt) / 1000).toFixed(1)} s`);
      faceAfterMs = startMs;
      count = is;
      movedAt = now;
    }
    const next = waiting[0];
    const isStill = now - Math.max(movedAt, facedAt) > faceAfterMs;
    if (next !== undefined && count > 0 && (count >= next.after || isStill)) {
      if (count < next.after && facedAt > movedAt) faceAfterMs *= 2;
      waiting.shift();
      facedAt = now;
      running.push(suffer(next));
    }
    liftedAt = waiting.length === 0 && underway === 0 ? Math.min(liftedAt, now) : Number.POSITIVE_INFINITY;
    if (now - Math.max(liftedAt, movedAt) > Math.max(MIN_END_LIMIT_MS, END_LIMIT * startMs)) break;
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
  return { faults: suffered - without.length, without, findings, longestStall, ends, seconds };
}

function stallOf(moments: readonly Moment[], from: number, to: number, after: number): Stall {
  const around = moments.filter(({ at }) => at > from - BEFORE_MS && at <= to);
  return {
    ms: Math.round(to - from),
    after,
    away: absencesIn(moments, from, to),
    moments: around.map((moment) => ({ ...moment, at: Math.round(moment.at - from) })),
  };
}
