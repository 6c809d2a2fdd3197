/** `server.json`: which nats-server belongs to this folder, so that a later start can adopt or end it. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const record = z.object({
  pid: z.int().positive(),
  host: z.string(),
  port: z.int().positive(),
  /** As `startTimeOf` gives it. */
  startTime: z.string(),
  binary: z.string(),
  /** Name that the server announces, random for each folder: the proof that it is ours. */
  name: z.string(),
});
export type ServerRecord = z.infer<typeof record>;

const path = (dir: string) => join(dir, "server.json");

/** Null for a missing or meaningless record. */
export function readRecord(dir: string): ServerRecord | null {
  try {
    return record.parse(JSON.parse(readFileSync(path(dir), "utf8")));
  } catch {
    return null;
  }
}

export function writeRecord(dir: string, value: ServerRecord): void {
  const temporary = `${path(dir)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path(dir));
}

export function removeRecord(dir: string): void {
  rmSync(path(dir), { force: true });
}
