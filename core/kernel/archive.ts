/**
 * The packed form of a kernel's folder: one line of JSON that lists paths and sizes, then the contents in that
 * order. Paths are sorted and nothing else is kept (no times, owners or modes), so equal folders give equal
 * bytes and one SHA-256 on every machine.
 */

import { z } from "zod";
import { UserError } from "../errors/user-error.ts";
import { counted } from "../text/plural.ts";

export interface PackedFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** Of all contents together: a kernel is source and small inputs, not data sets. */
export const MAX_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 2000;
/** Of the line that lists the files. */
const MAX_HEADER_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;

/** Neither absolute nor upwards, and the same file on every platform. */
export function isSafePath(path: string): boolean {
  const parts = path.split("/");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  const strange = /[\\:\x00-\x1f\x7f]/;
  return path.length <= 500 && !strange.test(path) && parts.every((part) => part !== "" && !part.startsWith("."));
}

const header = z.strictObject({
  format: z.literal("kevo-kernel"),
  v: z.literal(1),
  files: z
    .array(
      z.tuple([
        z.string().refine(isSafePath, "a path that leaves the folder or is hidden"),
        z.int().nonnegative().max(MAX_BYTES),
      ]),
    )
    .max(MAX_FILES),
});

/** @throws UserError on too many bytes. */
export function checkSize(files: readonly PackedFile[]): void {
  const total = files.reduce((sum, { content }) => sum + content.length, 0);
  if (total <= MAX_BYTES) return;
  const largest = [...files].sort((a, b) => b.content.length - a.content.length)[0];
  throw new UserError(
    `The kernel's folder has ${mebibytes(total)}; the limit is ${mebibytes(MAX_BYTES)}. Its largest file is ` +
      `${largest?.path} with ${mebibytes(largest?.content.length ?? 0)}.`,
    2,
  );
}

/** @throws UserError on too many files or bytes. */
export function packFiles(files: readonly PackedFile[]): Uint8Array {
  // By code unit, not by locale: the order is part of the hash.
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  checkSize(files);
  if (files.length > MAX_FILES) {
    throw new UserError(`The kernel's folder has ${counted(files.length, "file")}; the limit is ${MAX_FILES}.`, 2);
  }
  const list = sorted.map(({ path, content }) => [path, content.length]);
  const line = JSON.stringify({ format: "kevo-kernel", v: 1, files: list });
  return Buffer.concat([Buffer.from(`${line}\n`), ...sorted.map(({ content }) => content)]);
}

/** The contents are views of `bytes`. @throws UserError when it is no package, or one with an unsafe path. */
export function unpackFiles(bytes: Uint8Array): PackedFile[] {
  const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(NEWLINE);
  const list = header.safeParse(end < 0 ? null : parseJson(bytes.subarray(0, end)));
  if (!list.success) {
    const issue = list.error.issues[0];
    throw new UserError(`Not a kernel package: ${issue?.path.join(".")} ${issue?.message}.`);
  }
  const files: PackedFile[] = [];
  let at = end + 1;
  for (const [path, size] of list.data.files) {
    const before = files.at(-1)?.path;
    if (before !== undefined && before >= path)
      throw new UserError(`Not a kernel package: the file ${path} is out of order.`);
    files.push({ path, content: bytes.subarray(at, at + size) });
    at += size;
  }
  if (at !== bytes.length) {
    throw new UserError(`Not a kernel package: it has ${bytes.length} bytes, but its list of files requires ${at}.`);
  }
  return files;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return null;
  }
}

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
