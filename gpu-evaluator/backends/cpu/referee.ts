/** The daemon's end of the referee process (`native/referee.c`): one command a line, one answer a line. */
import { createInterface } from "node:readline";
import { bareEnvironment } from "@kevo/core/process/environment.ts";
import { type GroupProcess, killGroup, startGroup } from "@kevo/core/process/group.ts";
import { type Place, readPlace } from "./place.ts";
import { withPriority } from "./priority.ts";

/**
 * A process `changed` its inputs, reached `outside` its arrays, or ended the referee (`referee_ended`); the other names
 * describe themselves.
 */
const HOW = [
  "outside",
  "timeout",
  "aborted",
  "exited",
  "signal",
  "garbled",
  "changed",
  "threads",
  "referee_ended",
] as const;

/** A process failed at a command. */
export class ProcessFailed extends Error {
  readonly how: (typeof HOW)[number];
  /** Exit code of `exited`, number of `signal`. */
  readonly code: number;
  /** Of `changed` and `outside`, where the process told it. */
  readonly place: Place | null;
  /** Its number; null where the referee itself has ended. */
  readonly process: number | null;

  /** @param answer of the referee: how, and behind a blank the code or the place if there is one */
  constructor(answer: string, process: number | null) {
    super(answer);
    const [how, code, ...rest] = answer.split(" ");
    this.how = HOW.find((known) => known === how) ?? "referee_ended";
    this.code = Number(code);
    this.place = rest.length === 0 ? null : readPlace([code as string, ...rest]);
    this.process = process;
  }
}

export interface Start {
  readonly executable: string;
  /** Its working directory. */
  readonly folder: string;
  readonly cores: number;
  /** Of its address space. */
  readonly memoryBytes: number;
  /** Number of the process whose inputs it reads; null for one that makes inputs. */
  readonly source: number | null;
}

interface Waiting {
  readonly resolve: (fields: string[]) => void;
  readonly reject: (error: Error) => void;
}

export class Referee {
  readonly #child: GroupProcess;
  /** Groups of the processes that it started, in case it dies before them. */
  readonly #groups = new Map<number, number>();
  readonly #ended: Promise<void>;
  #waiting: Waiting | null = null;
  #alive = true;

  /** `command`: the program and its arguments. */
  constructor(command: readonly string[], folder: string) {
    this.#child = withPriority(() => startGroup(command, { cwd: folder, env: bareEnvironment() }));
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#answer(line));
    this.#child.stderr.resume();
    this.#child.stdin.on("error", () => {}); // Told by the end of the process.
    this.#ended = new Promise((resolve) => {
      const ended = () => {
        this.#alive = false;
        for (const pid of this.#groups.values()) killGroup(pid, "SIGKILL");
        this.#groups.clear();
        this.#waiting?.reject(new ProcessFailed("referee_ended", null));
        this.#waiting = null;
        resolve();
      };
      this.#child.once("error", ended);
      this.#child.once("close", ended);
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Sends one command. ProcessFailed where a process failed; Error where the referee could not obey. */
  async command(...fields: (string | number)[]): Promise<string[]> {
    if (!this.#alive) throw new ProcessFailed("referee_ended", null);
    if (this.#waiting !== null) throw new Error("the referee executes one command at a time");
    if (fields.some((field) => /[\t\n]/.test(String(field)))) throw new Error("a field contains a tab or a line break");
    const answer = await new Promise<string[]>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.stdin.write(`${fields.join("\t")}\n`);
    });
    const [status, ...rest] = answer;
    if (status === "failed") throw new ProcessFailed(rest[0] ?? "failed", Number(rest[1]));
    if (status !== "ok") throw new Error(`referee: ${fields[0]}: ${answer.join(" ")}`);
    return rest;
  }

  /** Starts an executable as process `id`, in place of what had that number. */
  async spawn(id: number, how: Start): Promise<void> {
    const { executable, folder, cores, memoryBytes, source } = how;
    const fields = [executable, folder, cores, memoryBytes, START_LIMIT_MS];
    const [pid] = await this.command("spawn", id, source ?? "-", ...fields);
    // In a separate process namespace its ids mean nothing here, and all its processes end with it.
    if (Number(pid) > 0) this.#groups.set(id, Number(pid));
  }

  async end(id: number): Promise<void> {
    if (!this.#alive) return;
    await this.command("kill", id);
    this.#groups.delete(id);
  }

  /** Makes the command in hand fail with `aborted`. */
  interrupt(): void {
    if (this.#alive) this.#child.kill("SIGUSR1");
  }

  /** Ends the referee and everything that it started. */
  async close(): Promise<void> {
    if (this.#alive) {
      this.#child.stdin.end();
      this.#child.kill("SIGTERM");
      const late = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
      await this.#ended;
      clearTimeout(late);
    }
  }

  #answer(line: string): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(line.split("\t"));
  }
}

const START_LIMIT_MS = 5_000;
