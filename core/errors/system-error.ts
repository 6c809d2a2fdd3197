/** What the operating system refused, for people: the error's own text is for programmers. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "./user-error.ts";

interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
  readonly address?: string;
  readonly port?: number;
}

interface Refusal {
  /** One clause, without a full stop. */
  readonly why: string;
  /** What to do: whole sentences. */
  readonly remedy: string;
}

/** Of the system, not of Node or a library: its code is the name of an errno. */
function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error && /^E[A-Z0-9]+$/.test(String(error.code));
}

const DOING: Readonly<Record<string, string>> = {
  access: "use",
  bind: "listen on",
  chmod: "change the permissions of",
  connect: "connect to",
  copyfile: "copy",
  listen: "listen on",
  lstat: "look at",
  mkdir: "create",
  mkdtemp: "create",
  open: "open",
  read: "read",
  readlink: "read",
  realpath: "look at",
  rename: "replace",
  rm: "remove",
  rmdir: "remove",
  scandir: "list",
  spawn: "start",
  stat: "look at",
  unlink: "remove",
  write: "write to",
};

type Text = readonly [why: (what: string, doing: string) => string, remedy: string];

const OTHER_PLACE = "Change the permissions, or name another place.";

const TEXT: Readonly<Record<string, Text>> = {
  EACCES: [(what, doing) => `no permission to ${doing} ${what}`, OTHER_PLACE],
  EPERM: [(what, doing) => `not allowed to ${doing} ${what}`, OTHER_PLACE],
  EROFS: [(what, doing) => `cannot ${doing} ${what}: its file system is read-only`, "Name another place."],
  ENOSPC: [(what, doing) => `cannot ${doing} ${what}: the disk is full`, "Free some space."],
  EDQUOT: [(what, doing) => `cannot ${doing} ${what}: the disk quota is used up`, "Free some space."],
  EMFILE: [(what, doing) => `cannot ${doing} ${what}: too many open files`, "Raise the limit: ulimit -n 4096."],
  ENFILE: [(what, doing) => `cannot ${doing} ${what}: this host has too many open files`, "Raise fs.file-max."],
  ENOENT: [(what) => `${what} does not exist`, "Check the path."],
  ENOTDIR: [(what) => `${what} leads through a file that is not a folder`, "Check the path."],
  EISDIR: [(what) => `${what} is a folder, and a file is needed`, "Name a file."],
  EEXIST: [(what) => `${what} exists already`, "Remove it, or name another."],
  ENOTEMPTY: [(what) => `the folder ${what} is not empty`, "Empty it, or name another."],
  ELOOP: [(what) => `${what} leads through links in a circle`, "Check the links."],
  ENAMETOOLONG: [(what) => `the name ${what} is too long for its file system`, "Choose a shorter one."],
  EIO: [
    (what, doing) => `cannot ${doing} ${what}: the device reports an error`,
    "Check the disk and the system's log.",
  ],
  ENOMEM: [(what, doing) => `cannot ${doing} ${what}: the system has no memory left`, "End other programs."],
  EAGAIN: [(what, doing) => `cannot ${doing} ${what}: the limit on processes is reached`, "Raise it: ulimit -u."],
  EADDRINUSE: [(what) => `another program listens on ${what}`, "End that program, or name another address."],
  EADDRNOTAVAIL: [(what) => `this host does not have the address ${what}`, "Name another address."],
  ECONNREFUSED: [(what) => `nothing listens on ${what}`, "Check the address, and whether the program there runs."],
};

/** Null where the error is of another kind. */
export function describeSystemError(error: unknown): Refusal | null {
  if (!isSystemError(error)) return null;
  const { code, message } = error;
  const [call = "", program] = (error.syscall ?? "").split(" ");
  if (call === "uv_cwd") return { why: "the current folder no longer exists", remedy: "Change to another folder." };
  if (call === "spawn" && code === "ENOENT") {
    return { why: `the program ${program ?? placeOf(error)} was not found`, remedy: "Install it, or check PATH." };
  }
  const known = TEXT[code];
  if (known === undefined) return { why: `the system refused: ${message}`, remedy: "" };
  const [why, remedy] = known;
  const what = placeOf(error);
  if (call === "mkdir" && code === "ENOENT") return { why: `cannot create ${what}`, remedy };
  if (call === "mkdir" && code === "EEXIST") return { why: `${what} is a file, and a folder is needed`, remedy };
  return { why: why(what, DOING[call] ?? "use"), remedy: isTemporary(what) ? TEMPORARY : remedy };
}

const TEMPORARY = "Set TMPDIR to a folder that can be written and has some space.";

/** One of this project's own folders for temporary files. */
function isTemporary(path: string): boolean {
  return path.startsWith(join(tmpdir(), "kevo-"));
}

/** One clause about any error, without the system's own words. */
export function reasonOf(error: unknown): string {
  return describeSystemError(error)?.why ?? (error instanceof Error ? error.message : String(error));
}

/** As a fault of the surroundings; null for what is nobody's mistake but ours. */
export function asUserError(error: unknown): UserError | null {
  if (error instanceof UserError) return error;
  const refused = describeSystemError(error);
  return refused === null ? null : new UserError(`${refused.why}. ${refused.remedy}`.trim());
}

/** Writing to an open file names no path. */
function placeOf({ path, dest, address, port }: SystemError): string {
  if (address !== undefined) return port === undefined ? address : `${address}:${port}`;
  return dest ?? path ?? "a file";
}
