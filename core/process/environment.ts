/** Environments for child processes. Keys of outside services reach only the processes that need them. */
import { isSecretName } from "../logging/secrets.ts";

const PATH = "/usr/local/bin:/usr/bin:/bin";

/** PATH and the named variables, for tools. */
export function bareEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? PATH, ...extra };
}

/**
 * For a process that runs a proposer's code: a candidate or its compiler. An allow-list, so that a key under an
 * unforeseen name is excluded too.
 */
export function cleanEnvironment(scratch: string): { PATH: string; HOME: string; LANG: string } {
  return { PATH: process.env.PATH ?? PATH, HOME: scratch, LANG: "C.UTF-8" };
}

/**
 * This process's own, for programs of this project. The cluster's token stays; keys of outside services do not: a
 * candidate runs as the same user as the daemon, and could read the daemon's environment.
 *
 * @param but names of keys that the program needs.
 */
export function environmentWithoutKeys(but: readonly string[] = []): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => name === "KEVO_TOKEN" || but.includes(name) || !isSecretName(name),
  );
  return Object.fromEntries(kept);
}
