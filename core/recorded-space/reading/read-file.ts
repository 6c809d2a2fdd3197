/** Reads the bytes of a recording as JSON, unpacking them if necessary; identifies a file that is not a recording. */

import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, gunzip } from "node:zlib";
import { reasonOf } from "../../errors/system-error.ts";
import { UserError } from "../../errors/user-error.ts";
import { type ParsedJson, parsePythonJson } from "./python-json.ts";

/** @throws UserError that names the file, and what to do where it is something else. */
export async function readRecordingFile(path: string): Promise<ParsedJson> {
  const { bytes, isCut } = await unpacked(path, await bytesOf(path));
  try {
    const parsed = parsePythonJson(bytes.toString("utf8"));
    return { ...parsed, isCut: parsed.isCut || isCut };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(
      isCut
        ? `${path} is truncated: its gzip data end before the first complete row. Copy it again.`
        : `${path} is neither JSON nor gzipped JSON: ${message}`,
    );
  }
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(`cannot read the recorded space ${path}: ${reasonOf(error)}`, 2);
  }
}

async function unpacked(path: string, bytes: Buffer): Promise<{ bytes: Buffer; isCut: boolean }> {
  if (bytes.length === 0) throw new UserError(`${path} is empty.`);
  const head = bytes.subarray(0, 64).toString("latin1");
  if (head.startsWith("version https://git-lfs.github.com/spec/")) {
    throw new UserError(`${path} is a Git LFS pointer, not the file itself. Run "git lfs pull" in its repository.`);
  }
  for (const [magic, archive, remedy] of ARCHIVES) {
    if (head.startsWith(magic)) throw new UserError(`${path} is ${archive}. Unpack it first, for example ${remedy}.`);
  }
  if (!head.startsWith("\x1f\x8b")) return { bytes, isCut: false };
  const decompress = promisify<Buffer, object, Buffer>(gunzip);
  try {
    return { bytes: await decompress(bytes, {}), isCut: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "Z_BUF_ERROR") {
      throw new UserError(`${path} is damaged: its gzip data cannot be read (${(error as Error).message}).`);
    }
    return { bytes: await decompress(bytes, { finishFlush: constants.Z_SYNC_FLUSH }), isCut: true };
  }
}

/** Archives by their first bytes, and how to open them. */
const ARCHIVES = [
  ["PK\x03\x04", "a zip archive", "with unzip"],
  ["(\xb5/\xfd", "compressed with Zstandard", "with zstd -d"],
  ["BZh", "compressed with bzip2", "with bunzip2"],
  ["\xfd7zXZ\x00", "compressed with xz", "with unxz"],
] as const;
