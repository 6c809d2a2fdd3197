/** Runs a command of `main.ts` in the process of the test: a new process takes a second. */
import type { Command } from "commander";
import { vi } from "vitest";

export interface Written {
  readonly out: string;
  readonly err: string;
}

/** @throws the error for which `main.ts` chooses an exit code. */
export async function runHere(command: Command, ...args: string[]): Promise<Written> {
  const written = { out: "", err: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((chunk) => {
      written[stream === "stdout" ? "out" : "err"] += chunk;
      return true;
    }),
  );
  try {
    for (const each of [command, ...command.commands]) each.exitOverride();
    await command.parseAsync(args, { from: "user" });
    return written;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
