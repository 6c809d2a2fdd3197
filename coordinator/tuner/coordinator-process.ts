/** The coordinator of a tuner's run, as a child process that ends with this one. */
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { type GroupProcess, startGroup } from "@kevo/core/process/group.ts";
import { failureLine } from "@kevo/proto/failure.ts";
import { z } from "zod";

const MAIN = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
/** Characters of its messages that are kept. */
const MAX_SAID = 2_000;

const lastLine = z.union([failureLine, z.object({ run: z.string() })]);

export interface CoordinatorProcess {
  /** The run's id. @throws UserError with the coordinator's own message and code. */
  readonly ended: Promise<string>;
  /** Ends the run so that it can go on later; what was answered is stored. */
  stop(): void;
}

/** @param socket where the objective answers. */
export function startCoordinator(args: readonly string[], socket: string): CoordinatorProcess {
  const env = { ...process.env, KEVO_OBJECTIVE: socket, NO_COLOR: "1" };
  // A group of its own: Ctrl-C in the terminal ends this process, whose end of its standard input then closes.
  const child = startGroup([process.execPath, "--disable-warning=ExperimentalWarning", MAIN, ...args], { env });
  return { ended: endOf(child), stop: () => void child.kill("SIGINT") };
}

async function endOf(child: GroupProcess): Promise<string> {
  let [output, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-MAX_SAID);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  const last = lastLine.safeParse(jsonOf(output.trim().split("\n").at(-1) ?? ""));
  if (!last.success) {
    throw new UserError(`The coordinator ended with code ${code}: ${said.trim() || "it said nothing"}`);
  }
  if ("run" in last.data) return last.data.run;
  throw new UserError(last.data.error.message, 1, { code: last.data.error.code });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
