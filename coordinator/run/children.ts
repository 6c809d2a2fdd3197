/** The evaluator and the workers that a coordinator starts on its own machine. They end when it ends, however it ends. */

import { createInterface } from "node:readline";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { oneLine, redactor } from "@kevo/core/llm/redact.ts";
import { describeEnd } from "@kevo/core/process/ended.ts";
import type { GroupProcess } from "@kevo/core/process/group.ts";
import { startProgram } from "@kevo/core/process/program.ts";

export interface ChildOptions {
  /** For messages. */
  readonly name: string;
  /** The program's entry file, run by this Node. */
  readonly entry: string;
  readonly args: readonly string[];
  /** Names of the keys that it may see, besides the cluster's token. */
  readonly keys?: readonly string[];
  /** Each line on its standard output: whether it says that the program works. Null for one that says nothing there. */
  readonly onLine: ((line: string) => boolean) | null;
  /** It ended unasked and is started again. */
  readonly onRestart: (why: string) => void;
  /** It keeps ending; `why` carries its last output. */
  readonly onFailed: (error: UserError) => void;
  /** Clock in milliseconds that measures its life; tests bring their own. */
  readonly now?: () => number;
}

/** A child that ends this soon after its start did not work at all. */
const SHORT_LIFE_MS = 2_000;
const FAILED_STARTS_ALLOWED = 3;
/** Deaths in a row with the same last output: the next one would end the same way, however long it takes. */
const LIKE_DEATHS_ALLOWED = 3;
const GRACE_MS = 4_000;

/** A child process that is started again when it dies unasked. */
export class Child {
  readonly #options: ChildOptions;
  #process: GroupProcess | null = null;
  #stopping = false;
  #failedStarts = 0;
  /** Its last output without numbers, and how often in a row it ended with that. */
  #deaths = { reason: "", count: 0 };
  /** Last lines on standard error: what a person needs when it does not start. */
  #lastLines: string[] = [];
  readonly #now: () => number;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#start();
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Asks it to end, and ends it after a grace. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    await ended;
    clearTimeout(timer);
  }

  #start(): void {
    const startedAt = this.#now();
    const { entry, args, name, keys = [], onLine } = this.#options;
    let works = false;
    // Ctrl-C in the terminal reaches the coordinator alone, which then ends its children in order. They watch their
    // standard input, which closes when the coordinator dies.
    const child = startProgram([entry, ...args, "--parent"], keys);
    this.#process = child;
    this.#lastLines = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (onLine?.(line)) works = true;
    });
    const redact = redactor(null, process.env);
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.#lastLines = [...this.#lastLines.slice(-9), oneLine(redact(line))];
    });
    child.on("error", (error) => {
      this.#lastLines.push(`${reasonOf(error)}.`);
    });
    child.once("close", (code, signal) => {
      if (this.#stopping) return;
      const why = `${name} ${describeEnd({ code, signal })}${this.#lastLines.length > 0 ? `: ${this.#lastLines.join(" ")}` : ""}`;
      const failed = this.#now() - startedAt < SHORT_LIFE_MS || (onLine !== null && !works);
      this.#failedStarts = failed ? this.#failedStarts + 1 : 0;
      const neverWorked = this.#failedStarts >= FAILED_STARTS_ALLOWED;
      const alike = this.#diesAlike(signal);
      // Wrong usage does not get better by trying again.
      if (neverWorked || alike || code === 2) {
        const often =
          neverWorked || code === 2 ? "" : `. It ended ${LIKE_DEATHS_ALLOWED} times in a row for this reason.`;
        this.#options.onFailed(new UserError(`${why}${often}`));
        return;
      }
      this.#options.onRestart(why);
      this.#start();
    });
  }

  /** A process that was killed gives no reason. Last outputs are compared without their numbers. */
  #diesAlike(signal: NodeJS.Signals | null): boolean {
    const isKilled = signal === "SIGKILL" || signal === "SIGTERM";
    const reason = isKilled ? "" : (signal ?? this.#lastLines.join(" ").replace(/\d+/g, "#"));
    this.#deaths = { reason, count: reason !== "" && reason === this.#deaths.reason ? this.#deaths.count + 1 : 1 };
    return this.#deaths.count >= LIKE_DEATHS_ALLOWED;
  }
}
