/** Describes a candidate's failure in a message that helps a person and the next proposal. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeSignal, signalOf } from "@kevo/core/process/ended.ts";
import type { KernelDefinition } from "@kevo/proto/kernel.ts";
import type { Failure } from "../backend.ts";
import { WrongOutput } from "./finding.ts";
import { describePlace } from "./place.ts";
import { ProcessFailed } from "./referee.ts";
import { firstLines } from "./toolchain.ts";

/**
 * Null for an error that is not the candidate's.
 * @param doing completes "while …"
 * @param folder where the process ran, and what it wrote to standard error lies; null where no process is to blame
 */
export async function failureOf(
  error: unknown,
  doing: string,
  folder: string | null,
  definition: KernelDefinition,
): Promise<Failure | null> {
  if (error instanceof WrongOutput) return { outcome: "incorrect", message: error.message };
  if (!(error instanceof ProcessFailed) || error.how === "aborted") return null;
  const where = error.place === null ? "" : `: ${describePlace(error.place, definition)}`;
  if (error.how === "changed") return { outcome: "incorrect", message: `it changed its inputs while ${doing}${where}` };
  if (error.how === "outside")
    return { outcome: "crashed", message: `it reached outside its arrays while ${doing}${where}` };
  if (error.how === "timeout")
    return { outcome: "timeout", message: `it did not finish while ${doing}, and was ended` };
  const said = folder === null ? "" : await lastWords(folder);
  const detail = said === "" ? "" : `: ${said.slice(0, 500)}`;
  return { outcome: "crashed", message: `${describe(error)} while ${doing}${detail}` };
}

async function lastWords(folder: string): Promise<string> {
  const text = await readFile(join(folder, "stderr.txt"), "utf8").catch(() => "");
  // `assert` names the file with the folder in which this host keeps the kernel.
  return firstLines(text.replaceAll(/\/\S*\/[0-9a-f]{64}\//g, ""), 3);
}

function describe({ how, code }: ProcessFailed): string {
  if (how === "exited") return `its process ended with exit code ${code}`;
  if (how === "signal" && signalOf(code) === "SIGSYS")
    return "it made a forbidden system call (files, network or other processes) and was ended";
  if (how === "signal") return `its process was ended by the signal ${describeSignal(signalOf(code) ?? String(code))}`;
  if (how === "threads") return "its process has more threads than any kernel needs (2,048)";
  if (how === "garbled") return "its process sent an unexpected answer";
  return "its process also ended the referee";
}
