/** Describes a candidate's failure in a message that helps a person and the next proposal. */
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import type { Failure } from "../backend.ts";
import { WrongOutput } from "./finding.ts";
import { ProcessFailed } from "./referee.ts";
import { firstLines } from "./toolchain.ts";

/** Null for an error that is not the candidate's. `doing` completes "while …". */
export async function failureOf(error: unknown, doing: string, folder: string): Promise<Failure | null> {
  if (error instanceof WrongOutput) return { outcome: "incorrect", message: error.message };
  if (!(error instanceof ProcessFailed) || error.how === "aborted") return null;
  if (error.how === "changed") return { outcome: "incorrect", message: `it changed its inputs while ${doing}` };
  if (error.how === "timeout")
    return { outcome: "timeout", message: `it did not finish while ${doing}, and was ended` };
  const said = firstLines(await readFile(join(folder, "stderr.txt"), "utf8").catch(() => ""), 3);
  const detail = said === "" ? "" : `: ${said.slice(0, 500)}`;
  return { outcome: "crashed", message: `${describe(error)} while ${doing}${detail}` };
}

function describe({ how, code }: ProcessFailed): string {
  if (how === "exited") return `its process ended with exit code ${code}`;
  if (how === "signal" && signalName(code) === "SIGSYS")
    return "it made a forbidden system call (files, network or other processes) and was ended";
  if (how === "signal") return `its process was ended by the signal ${signalName(code)}`;
  if (how === "garbled") return "its process sent an unexpected answer";
  return "its process also ended the referee";
}

export function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
