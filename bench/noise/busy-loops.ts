/** Programs that only take time from others. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export class BusyLoops implements AsyncDisposable {
  readonly #loops: ChildProcess[];

  private constructor(loops: ChildProcess[]) {
    this.#loops = loops;
  }

  /** @param pinned each to a separate core, as long as there are cores; otherwise the system moves them. */
  static async start(count: number, pinned: boolean): Promise<BusyLoops> {
    const cores = allowedCores();
    const loops = Array.from({ length: count }, (_, n) => {
      const loop = ["sh", "-c", "while :; do :; done"];
      const [file, ...args] = pinned ? ["taskset", "-c", String(cores[n % cores.length]), ...loop] : loop;
      return spawn(file as string, args, { stdio: "ignore", detached: true });
    });
    await Promise.all(loops.map((loop) => once(loop, "spawn")));
    return new BusyLoops(loops);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#loops.map(async (loop) => {
        const ended = once(loop, "exit");
        loop.kill("SIGKILL");
        await ended;
      }),
    );
  }
}

/** Numbers of the cores that this process may use. */
export function allowedCores(): number[] {
  const [, list = "0"] = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return list.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  });
}
