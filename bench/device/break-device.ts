/** Makes one device unfit from outside: another program takes all of its memory. No part of the product knows of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Breaker {
  readonly how: string;
  /** Prepares, while measuring still works. */
  prepare(uuid: string): Promise<void>;
  /** From now on no process can begin to work there. */
  break(): void;
  heal(): Promise<void>;
}

/** @param control folder of the fake runner; undefined on a machine with GPUs. */
export function breakerOf(control: string | undefined): Breaker {
  return control === undefined ? fullMemory() : fakeFault(control);
}

const FILL = fileURLToPath(new URL("./fill_memory.py", import.meta.url));

function fullMemory(): Breaker {
  let child: ReturnType<typeof start> | null = null;
  const start = (uuid: string) =>
    spawn(process.env.KEVO_PYTHON || "python3", ["-u", FILL], {
      env: { ...process.env, CUDA_VISIBLE_DEVICES: uuid },
      stdio: ["pipe", "pipe", "inherit"],
    });
  return {
    how: "another program holds all of its memory",
    prepare: async (uuid) => {
      child = start(uuid);
      const said = createInterface({ input: child.stdout });
      await Promise.race([
        once(said, "line"),
        once(child, "exit").then(() => Promise.reject(new Error("fill_memory.py ended"))),
      ]);
    },
    break: () => {
      child?.stdin.write("all\n");
    },
    heal: async () => {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function fakeFault(control: string): Breaker {
  let mark = "";
  return {
    how: "the fake device gives wrong answers",
    prepare: async (uuid) => {
      mark = join(control, `broken ${uuid}`);
    },
    break: () => writeFileSync(mark, ""),
    heal: async () => rmSync(mark, { force: true }),
  };
}
