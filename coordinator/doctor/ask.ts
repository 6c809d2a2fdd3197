/** Asks another program a short question. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const LIMIT_MS = 10_000;

/** Standard output, or why there is none. Only PATH and the language are handed on. */
export async function ask(
  file: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ ok: true; text: string } | { ok: false; why: string }> {
  try {
    const env = { PATH: environment.PATH ?? "", LC_ALL: "C", HOME: environment.HOME ?? "" };
    const { stdout } = await promisify(execFile)(file, args, { timeout: LIMIT_MS, env });
    return { ok: true, text: stdout.trim() };
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === "ENOENT") return { ok: false, why: `${file} was not found` };
    const message = stderr?.trim().split("\n")[0];
    return { ok: false, why: message ? message : `${file} failed (${code ?? "no answer in time"})` };
  }
}
