/**
 * Who writes a database: a file beside it, whose time its writer sets twice a second. A writer that is stopped, or whose
 * machine has lost the disk, sets it no more.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { endProcess, startTimeOf } from "../process/process-identity.ts";

const about = z.object({
  /** Random for each writer. */
  id: z.string(),
  startTime: z.string().nullable(),
  /** The system's name for the set of process ids that `pid` is one of; null where it has none. */
  pidNamespace: z.string().nullable(),
  /** It reads what is stored, which takes long where much is, and sets no time meanwhile. */
  opening: z.boolean(),
});
export interface Owner extends z.infer<typeof about> {
  readonly pid: number;
}

const ownerOf = (file: string) => `${file}.owner`;

export const thisProcess = (): Omit<Owner, "opening"> => ({
  pid: process.pid,
  id: randomBytes(12).toString("hex"),
  startTime: startTimeOf(process.pid),
  pidNamespace: pidNamespace(),
});

/** The first line is the process id, as in files of before. */
export function writeOwner(file: string, { pid, ...rest }: Owner): void {
  const temporary = `${ownerOf(file)}.${rest.id}`;
  writeFileSync(temporary, `${pid}\n${JSON.stringify(rest)}\n`, { mode: 0o600 });
  renameSync(temporary, ownerOf(file));
}

/** Null where there is none, or one of before. */
export function readOwner(file: string): Owner | null {
  try {
    const [pid, rest] = readFileSync(ownerOf(file), "utf8").split("\n");
    return { pid: z.coerce.number().int().positive().parse(pid), ...about.parse(JSON.parse(rest ?? "")) };
  } catch {
    return null;
  }
}

/** The process id alone, of any version. */
export function ownerProcess(file: string): string | null {
  try {
    return readFileSync(ownerOf(file), "utf8").split("\n")[0]?.trim() || null;
  } catch {
    return null;
  }
}

/** A sign of life: another value than the one before. */
export function beat(file: string): void {
  const now = new Date();
  utimesSync(ownerOf(file), now, now);
}

/** Compares for equality only, so that a clock that is set means nothing. */
export function lastBeat(file: string): string {
  const stat = statSync(ownerOf(file), { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? "" : `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/** Ends a writer that gave no sign of life, where it is a process that this one sees. */
export async function endOwner({ pid, startTime, pidNamespace: space }: Owner): Promise<void> {
  if (pid === process.pid || startTime === null || space !== pidNamespace()) return;
  await endProcess(pid, startTime, 0);
}

function pidNamespace(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}
