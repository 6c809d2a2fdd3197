/**
 * One process of the runner (`runner/protocol.py`): asked one thing at a time, each within a limit. Whatever goes
 * wrong is a `RunnerLost`, after which the process is good for nothing and its owner ends it, with all that it
 * started.
 */
import { setPriority } from "node:os";
import { describeEnd } from "@kevo/core/process/ended.ts";
import { type GroupProcess, killGroup, startGroup } from "@kevo/core/process/group.ts";
import { encodeFrame, type Frame, FrameDecoder } from "./frames.ts";

export interface RunnerOptions {
  readonly python: string;
  /** Absolute path of the program. */
  readonly script: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** An existing folder. */
  readonly cwd: string;
  /** Address space, bytes; null for no limit (a CUDA context reserves more than the machine has). */
  readonly memoryBytes: number | null;
  /** 0, or up to 19 for a process that others of this host go before. */
  readonly niceness: number;
  /** The command with a sandbox around it. */
  readonly around?: (command: readonly string[]) => string[];
}

export class RunnerLost extends Error {
  override readonly name = "RunnerLost";
  readonly how: "timeout" | "ended" | "garbled" | "aborted";

  constructor(how: RunnerLost["how"], message: string) {
    super(message);
    this.how = how;
  }
}

/** The runner says that it could not do it, through no fault of the candidate. */
export class RunnerError extends Error {
  override readonly name = "RunnerError";
}

/** From TERM to KILL. */
const GRACE_MS = 300;
/** A process inside a hanging driver survives even that; the daemon waits no longer for it. */
const LEAVE_MS = 10_000;
const MAX_KEPT_OUTPUT = 2_000;

interface Waiting {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: RunnerLost) => void;
}

export class RunnerProcess {
  readonly #child: GroupProcess;
  readonly #decoder = new FrameDecoder();
  readonly #arrived: Frame[] = [];
  readonly #ended: Promise<void>;
  #waiting: Waiting | null = null;
  #lost: RunnerLost | null = null;
  #output = "";
  #requests = 0;

  constructor({ python, script, env, cwd, memoryBytes, niceness, around }: RunnerOptions) {
    const plain = [python, "-u", script];
    const command = around?.(plain) ?? plain;
    this.#child = startGroup(memoryBytes === null ? command : limited(memoryBytes, command), { cwd, env });
    yieldTo(this.#child.pid, niceness);
    const { stdin, stdout, stderr } = this.#child;
    stdin.on("error", () => {}); // Told by the end of the process.
    stdout.on("data", (piece: Buffer) => this.#read(piece));
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#output = (this.#output + text).slice(-MAX_KEPT_OUTPUT);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#lose(new RunnerLost("ended", error.message));
        resolve();
      });
      this.#child.once("exit", (code, signal) => {
        const lose = () => {
          const detail = this.#output.trim() === "" ? "" : `: ${this.#output.trim()}`;
          this.#lose(new RunnerLost("ended", `it ${describeEnd({ code, signal })}${detail}`));
        };
        // Its pipes are read to the end first; but its children may hold them open for ever.
        this.#child.once("close", lose);
        setTimeout(lose, GRACE_MS);
        resolve();
      });
    });
  }

  /** Of its process group too; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#lost === null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its first frame, once its imports are done. */
  ready(limitMs: number): Promise<Frame> {
    return this.#expect(limitMs, undefined, (frame) => (frame.type === "ready" ? "answer" : "wrong"));
  }

  /**
   * Asks, and resolves with the answer of type `answer`. The limit starts again with each frame on the way.
   * @throws RunnerLost, or RunnerError when the runner failed but continues.
   */
  async request(
    question: Frame,
    answer: string,
    limitMs: number,
    { signal, onFrame }: { signal?: AbortSignal | undefined; onFrame?: (frame: Frame) => void } = {},
  ): Promise<Frame> {
    const id = String(++this.#requests);
    this.#child.stdin.write(encodeFrame({ ...question, id }));
    const frame = await this.#expect(limitMs, signal, (frame) => {
      if (frame.id !== id) return "wrong";
      if (frame.type === answer || frame.type === "error") return "answer";
      onFrame?.(frame);
      return onFrame === undefined ? "wrong" : "more";
    });
    if (frame.type === "error") throw new RunnerError(String(frame.message));
    return frame;
  }

  /** Ends the process and all that it started, TERM then KILL. Resolves when it has ended. */
  async end(): Promise<void> {
    this.#lose(new RunnerLost("ended", "it was ended"));
    const { pid } = this.#child;
    if (pid === undefined) return;
    if (this.#child.exitCode === null && this.#child.signalCode === null) killGroup(pid, "SIGTERM");
    const kill = setTimeout(() => killGroup(pid, "SIGKILL"), GRACE_MS);
    let leave: NodeJS.Timeout | undefined;
    await Promise.race([
      this.#ended,
      new Promise<void>((resolve) => {
        leave = setTimeout(resolve, LEAVE_MS);
      }),
    ]);
    clearTimeout(kill);
    clearTimeout(leave);
    // Its children may have outlived it.
    killGroup(pid, "SIGKILL");
  }

  async #expect(
    limitMs: number,
    signal: AbortSignal | undefined,
    sort: (frame: Frame) => "answer" | "more" | "wrong",
  ): Promise<Frame> {
    for (;;) {
      const frame = await this.#next(limitMs, signal);
      const kind = sort(frame);
      if (kind === "answer") return frame;
      if (kind === "wrong") {
        const garbled = new RunnerLost("garbled", `an unexpected frame: ${JSON.stringify(frame).slice(0, 200)}`);
        this.#lose(garbled);
        throw garbled;
      }
    }
  }

  #next(limitMs: number, signal: AbortSignal | undefined): Promise<Frame> {
    const here = this.#arrived.shift();
    if (here !== undefined) return Promise.resolve(here);
    if (this.#lost !== null) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      const late = () => this.#lose(new RunnerLost("timeout", `no answer within ${limitMs / 1000} s`));
      const aborted = () => this.#lose(new RunnerLost("aborted", "the answer is no longer needed"));
      const timer = setTimeout(late, limitMs);
      signal?.addEventListener("abort", aborted);
      const settled = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        this.#waiting = null;
      };
      this.#waiting = {
        resolve: (frame) => {
          settled();
          resolve(frame);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      if (signal?.aborted) aborted();
    });
  }

  #read(piece: Buffer): void {
    if (this.#lost !== null) return;
    let frames: Frame[];
    try {
      frames = this.#decoder.push(piece);
    } catch (error) {
      this.#lose(new RunnerLost("garbled", `it answered with ${(error as Error).message}`));
      return;
    }
    for (const frame of frames) {
      if (this.#waiting !== null) this.#waiting.resolve(frame);
      else this.#arrived.push(frame);
    }
  }

  #lose(why: RunnerLost): void {
    this.#lost ??= why;
    this.#waiting?.reject(this.#lost);
  }
}

function yieldTo(pid: number | undefined, niceness: number): void {
  if (pid === undefined || niceness === 0) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // It has already ended; the exit handler reports that.
  }
}

/** Through the shell, because Node cannot set a limit. Where a lower one holds already, that one stays. */
function limited(memoryBytes: number, command: readonly string[]): string[] {
  const script = 'ulimit -v "$1" 2>/dev/null; shift; exec "$@"';
  return ["/bin/sh", "-c", script, "sh", String(Math.floor(memoryBytes / 1024)), ...command];
}
