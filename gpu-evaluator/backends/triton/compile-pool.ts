/**
 * Processes that compile the kernel author's source. They open no CUDA context and hold no state, so a candidate that
 * crashes one harms no other candidate: the next process starts while the rest continue. The daemon's scheduler never
 * requests more than the pool's size at the same time.
 */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { retry } from "@kevo/core/retry/retry.ts";
import type { Frame } from "./frames.ts";
import { RunnerLost, type RunnerProcess } from "./runner-process.ts";

/** Importing Triton, on a machine where all of them do so at once. */
const START_LIMIT_MS = 120_000;
/** So many that do not start, one after the other, and the evaluator says that it cannot compile. */
const STARTS = 3;

interface Member {
  readonly process: RunnerProcess;
  /** Settles when its imports are done. */
  readonly ready: Promise<unknown>;
}

export class CompilePool {
  readonly #start: () => RunnerProcess;
  readonly #idle: Member[] = [];
  readonly #all = new Set<Member>();
  #closed = false;

  /** Starts `size` processes at once, so that they are ready when the first candidates come. */
  constructor(size: number, start: () => RunnerProcess) {
    this.#start = start;
    for (let index = 0; index < size; index++) this.#idle.push(this.#hire());
  }

  /** @throws RunnerLost when the process was lost to it; UserError when none can be started. */
  async run(question: Frame, answer: string, limitMs: number, signal: AbortSignal): Promise<Frame> {
    const member = await this.#take();
    let whole = false;
    try {
      const frame = await member.process.request(question, answer, limitMs, { signal });
      whole = frame.fatal !== true;
      return frame;
    } finally {
      if (whole) this.#idle.push(member);
      else this.#replace(member);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map(({ process }) => process.end()));
  }

  /** One process that is killed during its start says nothing; several in a row mean that something is missing. */
  async #take(): Promise<Member> {
    const start = async () => {
      const member = this.#living() ?? this.#hire();
      try {
        await member.ready;
        return member;
      } catch (error) {
        this.#dismiss(member);
        throw new UserError(`a compile process of the runner failed to start: ${(error as Error).message}`);
      }
    };
    return retry(start, { tries: STARTS, waitMs: 0 });
  }

  #living(): Member | undefined {
    for (const member of this.#idle.splice(0)) {
      if (member.process.alive) this.#idle.push(member);
      else this.#dismiss(member);
    }
    return this.#idle.shift();
  }

  #hire(): Member {
    if (this.#closed) throw new RunnerLost("ended", "the pool is closed");
    const process = this.#start();
    const member = { process, ready: process.ready(START_LIMIT_MS) };
    member.ready.catch(() => {}); // Reported to the taker.
    this.#all.add(member);
    return member;
  }

  #replace(member: Member): void {
    this.#dismiss(member);
    if (!this.#closed) this.#idle.push(this.#hire());
  }

  #dismiss(member: Member): void {
    void member.process.end().then(() => this.#all.delete(member));
  }
}
