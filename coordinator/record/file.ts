/** Writes a recorded space, whole or not at all. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { describeSystemError } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";

/**
 * @param out gzipped where it ends in `.gz`.
 * @param kept what the user still has where the file cannot be written: a sentence.
 * @returns the size of the file, bytes. @throws UserError where the file system refuses.
 */
export function writeRecordingFile(out: string, content: object, kept: string): number {
  const text = Buffer.from(`${JSON.stringify(content)}\n`);
  const bytes = out.endsWith(".gz") ? gzipSync(text, { level: 9 }) : text;
  try {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(`${out}.part`, bytes);
    renameSync(`${out}.part`, out);
  } catch (error) {
    rmSync(`${out}.part`, { force: true });
    const refused = describeSystemError(error);
    if (refused === null) throw error;
    throw new UserError(
      `Cannot write the recording ${out}: ${refused.why}. ${kept} ${refused.remedy} Then repeat the command.`,
    );
  }
  return bytes.length;
}
