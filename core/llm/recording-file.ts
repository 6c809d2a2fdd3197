/** Calls in a file, one JSON record a line: what a demonstration ships, and what a run without a coordinator keeps. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { callRecord } from "@kevo/proto/model-call.ts";
import { parseJson } from "../config/json.ts";
import { UserError } from "../errors/user-error.ts";
import type { CallRecord } from "./call.ts";
import { createCallStore, type MemoryStore } from "./call-store.ts";

/** @throws UserError that names the line which is no record. */
function readCalls(path: string): CallRecord[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      if (line.trim() === "") return [];
      const parsed = callRecord.safeParse(jsonOf(line));
      if (parsed.success) return [parsed.data];
      const issue = parsed.error.issues[0];
      const why = `${issue?.path.join(".")}: ${issue?.message}`;
      throw new UserError(`Line ${index + 1} of ${path} is not a recorded model call (${why}). Record the file again.`);
    });
}

/** What the file holds, and each further record appended to it before `record` resolves. Made where it is missing. */
export function openCallFile(path: string): MemoryStore {
  const memory = createCallStore(existsSync(path) ? readCalls(path) : []);
  return {
    get calls() {
      return memory.calls;
    },
    answered: memory.answered,
    next: memory.next,
    record: async (call) => {
      const before = memory.calls.length;
      await memory.record(call);
      if (memory.calls.length > before) appendFileSync(path, `${JSON.stringify(call)}\n`);
    },
  };
}

function jsonOf(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}
