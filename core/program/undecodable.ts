/**
 * Names that are not UTF-8. Node replaces such bytes by U+FFFD when it decodes a command line or a path, so it would
 * read or write another file. Linux alone allows these names, and shows the bytes.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync, readlinkSync } from "node:fs";

/** Of variables that name folders. */
const FOLDERS = /^(HOME|TMPDIR|XDG_[A-Z_]+)=/;

/** Describes undecodable bytes in the arguments, the current folder or the environment; null without any. */
export function undecodable(): string | null {
  const argument = damaged(() => split(readFileSync("/proc/self/cmdline")));
  if (argument !== null) return `The argument ${argument} is not valid UTF-8. Rename the file or folder.`;
  const folder = damaged(() => [readlinkSync("/proc/self/cwd", { encoding: "buffer" })]);
  if (folder !== null) {
    return `The name of the current folder, ${folder}, is not valid UTF-8. Rename it, or start in another folder.`;
  }
  const isFolder = (entry: Buffer) => FOLDERS.test(entry.toString("latin1"));
  const variable = damaged(() => split(readFileSync("/proc/self/environ")).filter(isFolder));
  return variable === null ? null : `The environment variable ${variable} is not valid UTF-8. Name another folder.`;
}

function damaged(read: () => readonly Buffer[]): string | null {
  let all: readonly Buffer[];
  try {
    all = read();
  } catch {
    // Not Linux, or no /proc.
    return null;
  }
  const found = all.find((bytes) => !isUtf8(bytes) || bytes.includes(REPLACEMENT));
  return found === undefined ? null : shown(found);
}

/** In place of the bytes where an older Node, from which the launcher started this one, has decoded them. */
const REPLACEMENT = "\ufffd";

function split(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    parts.push(bytes.subarray(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  return parts;
}

/** As a shell takes it: $'\xff'. */
function shown(bytes: Buffer): string {
  const text = Array.from(bytes, (byte) => {
    if (byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `$'${text.join("")}'`;
}
