/**
 * The ledger of a run after its faults: pure, from the stored rows alone. An audit that finds nothing says that every
 * accepted evaluation was counted once, that the budget is the count, and that no worker wrote after its lease had passed
 * to another.
 */
import type { EventData } from "@kevo/proto/event.ts";
import type { LogEntry } from "@kevo/proto/log.ts";

export interface StoredLedger {
  readonly status: string;
  /** Of the specification. */
  readonly budget: number;
  readonly accepted: number;
  readonly candidates: readonly { readonly id: string; readonly genome: string; readonly answered_by: string | null }[];
  readonly evaluations: readonly Evaluated[];
  /** In the order of islands and numbers. */
  readonly log: readonly LogEntry[];
  readonly leases: readonly EventData<"leased">[];
  /** What was seen in the database while the run went on; nothing of it may be missing or changed. */
  readonly seen: readonly Evaluated[];
}

interface Evaluated {
  readonly candidate: string;
  readonly outcome: string;
  readonly time_ms: number | null;
}

export type Problem = "incomplete" | "budget" | "lost" | "double" | "zombie" | "log";

export interface Finding {
  readonly problem: Problem;
  readonly text: string;
}

export function audit(ledger: StoredLedger): Finding[] {
  return [
    ...complete(ledger),
    ...budget(ledger),
    ...lost(ledger),
    ...double(ledger),
    ...zombies(ledger),
    ...gapsOfLogs(ledger.log),
  ];
}

const complete = ({ status }: StoredLedger): Finding[] =>
  status === "completed" ? [] : [{ problem: "incomplete", text: `the run is ${status}` }];

function budget({ budget, accepted, evaluations }: StoredLedger): Finding[] {
  if (accepted === budget && evaluations.length === budget) return [];
  const text = `a budget of ${budget}, ${accepted} accepted and ${evaluations.length} evaluations stored`;
  return [{ problem: "budget", text }];
}

/** Accepted and never counted, counted and not in a log, or seen and missing now. */
function lost({ candidates, evaluations, log, seen }: StoredLedger): Finding[] {
  const counted = new Map(evaluations.map((row) => [row.candidate, row]));
  const logged = new Set(log.flatMap((entry) => (entry.type === "evaluated" ? [entry.candidate] : [])));
  const asked = new Set(log.flatMap((entry) => (entry.type === "asked" ? entry.candidates.map(({ id }) => id) : [])));
  return [
    ...candidates
      .filter(({ id, answered_by }) => answered_by === null && !counted.has(id))
      .map(({ id }) => `${id} was accepted and has no evaluation`),
    ...candidates.filter(({ id }) => !logged.has(id)).map(({ id }) => `${id} has no result in its island's log`),
    ...candidates.filter(({ id }) => !asked.has(id)).map(({ id }) => `${id} is in no batch of its island's log`),
    ...[...asked].filter((id) => !candidates.some((row) => row.id === id)).map((id) => `${id} is in a log alone`),
    ...seen
      .filter((was) => {
        const is = counted.get(was.candidate);
        return is?.outcome !== was.outcome || is.time_ms !== was.time_ms;
      })
      .map(({ candidate }) => `the evaluation of ${candidate} was stored, and is missing or changed`),
  ].map((text) => ({ problem: "lost" as const, text }));
}

function double({ candidates, evaluations, log }: StoredLedger): Finding[] {
  const results = log.flatMap((entry) => (entry.type === "evaluated" ? [entry] : []));
  const own = candidates.filter(({ answered_by }) => answered_by === null);
  const answered = new Set(candidates.filter(({ answered_by }) => answered_by !== null).map(({ id }) => id));
  return [
    ...repeated(results.map(({ candidate }) => candidate)).map((id) => `${id} has two results in its island's log`),
    ...repeated(evaluations.map(({ candidate }) => candidate)).map((id) => `${id} was counted twice`),
    ...repeated(own.map(({ genome }) => genome)).map((genome) => `the genome ${genome} was evaluated twice`),
    ...evaluations
      .filter(({ candidate }) => answered.has(candidate))
      .map(({ candidate }) => `${candidate} was counted and answered by another`),
  ].map((text) => ({ problem: "double" as const, text }));
}

/**
 * A lease names the first batch that its holder may offer. So a batch before it was offered under an older epoch, and no
 * batch from it on: the numbers of a log say this without a clock.
 */
function zombies({ log, leases }: StoredLedger): Finding[] {
  const findings: string[] = [];
  for (const entry of log) {
    if (entry.type !== "asked" || entry.epoch === undefined) continue;
    const { island, k, epoch } = entry;
    const holder = leases.find((lease) => lease.island === island && lease.epoch === epoch);
    if (holder === undefined) findings.push(`batch ${k} of island ${island}: nobody ever held epoch ${epoch}`);
    else if (k < holder.batch) findings.push(`batch ${k} of island ${island} came before epoch ${epoch} began`);
    const next = leases.find((lease) => lease.island === island && lease.epoch > epoch && k >= lease.batch);
    if (next !== undefined) {
      findings.push(
        `batch ${k} of island ${island} is of ${holder?.worker} (epoch ${epoch}), believed dead: ${next.worker} held epoch ${next.epoch}`,
      );
    }
  }
  return findings.map((text) => ({ problem: "zombie" as const, text }));
}

function gapsOfLogs(log: readonly LogEntry[]): Finding[] {
  const next = new Map<number, { n: number; k: number }>();
  const findings: Finding[] = [];
  for (const entry of log) {
    const expected = next.get(entry.island) ?? { n: 0, k: 0 };
    if (entry.n !== expected.n) {
      findings.push({
        problem: "log",
        text: `the log of island ${entry.island} has ${entry.n} where ${expected.n} belongs`,
      });
    }
    if (entry.type === "asked" && entry.k !== expected.k) {
      findings.push({
        problem: "log",
        text: `island ${entry.island} has batch ${entry.k} where ${expected.k} belongs`,
      });
    }
    next.set(entry.island, { n: entry.n + 1, k: entry.type === "asked" ? entry.k + 1 : expected.k });
  }
  return findings;
}

function repeated(items: readonly string[]): string[] {
  const seen = new Set<string>();
  return items.filter((item) => seen.has(item) || !seen.add(item));
}
