/** A process that is started again when it ends, as a supervisor does, and that signals reach. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export interface SupervisedOptions {
  /** Arguments of Node for each start, once everything is there that it needs to start. */
  readonly command: () => Promise<readonly string[]>;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** It ended, and said this on standard error. True where it is done and not started again. */
  readonly onEnd: (code: number | null, signal: NodeJS.Signals | null, stderr: string) => boolean;
}

const AGAIN_MS = 150;
/** Of standard error: a stack with its causes, and what was said before. */
const MAX_KEPT = 32_000;
/** What a process said last may arrive after its end; a child of its own can keep its standard error open for ever. */
const LAST_WORDS_MS = 2_000;

export class Supervised {
  readonly #options: SupervisedOptions;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(options: SupervisedOptions) {
    this.#options = options;
    void this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  async #start(): Promise<void> {
    const { command, cwd, env, onEnd } = this.#options;
    const args = await command();
    if (this.#closing) return;
    const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => {
      stderr = (stderr + text.toString()).slice(-MAX_KEPT);
    });
    const saidAll = new Promise<void>((resolve) => child.stderr.once("close", resolve));
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        resolve();
        if (this.#closing) return;
        void Promise.race([saidAll, sleep(LAST_WORDS_MS, undefined, { ref: false })])
          .then(() => {
            child.stderr.destroy();
            return this.#closing || onEnd(code, signal, stderr) ? null : sleep(AGAIN_MS);
          })
          .then((again) => (again === null ? null : this.#start()));
      });
    });
  }
}
