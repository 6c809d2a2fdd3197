/** Asks another program a short question. */
import { CommandFailed, outputOf } from "@kevo/core/process/command.ts";

const LIMIT_MS = 10_000;

/** Standard output, or the reason why the command gave none. It gets only PATH, the language and HOME. */
export async function ask(
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ ok: true; text: string } | { ok: false; why: string }> {
  try {
    const env = { PATH: environment.PATH ?? "", LC_ALL: "C", HOME: environment.HOME ?? "" };
    return { ok: true, text: (await outputOf(command, { timeoutMs: LIMIT_MS, env })).trim() };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { ok: false, why: error.stderr.trim().split("\n")[0] || error.message };
  }
}
