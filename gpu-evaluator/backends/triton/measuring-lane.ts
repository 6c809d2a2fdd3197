/**
 * One device: the process that measures on it, and a warm one behind it. A lost process, or one whose context a
 * candidate has spoilt, is ended and the other one replaces it; then the device must give the right answer for a
 * known-good kernel. A device that does not is quarantined, and tried again from time to time.
 */
import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { retry } from "@kevo/core/retry/retry.ts";
import type { Failure, Measured } from "../backend.ts";
import { HostFault } from "../host-fault.ts";
import * as answers from "./answers.ts";
import type { Frame } from "./frames.ts";
import { RunnerError, RunnerLost, type RunnerProcess } from "./runner-process.ts";

export interface LaneLimits {
  /** Importing torch and opening a context, milliseconds. */
  readonly startMs: number;
  readonly probeMs: number;
  /** Between two probes of a device that failed one. */
  readonly againMs: number;
  /** Between two looks at a device in quarantine. */
  readonly quarantineMs: number;
}

export const LANE_LIMITS: LaneLimits = { startMs: 180_000, probeMs: 20_000, againMs: 2_000, quarantineMs: 30_000 };

/** So often in a row must a device fail to be quarantined, each time before another process. */
const PROBES = 3;

export interface LaneOptions {
  readonly start: () => RunnerProcess;
  readonly cacheDir: string;
  readonly limits: LaneLimits;
  readonly onHealth: (healthy: boolean) => void;
  readonly onNote: (message: string) => void;
}

interface Member {
  readonly process: RunnerProcess;
  readonly ready: Promise<unknown>;
}

export class MeasuringLane {
  readonly #options: LaneOptions;
  #active: Member;
  #spare: Member | null = null;
  readonly #ending = new Set<Promise<void>>();
  #closed = false;
  #recovery: NodeJS.Timeout | null = null;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#active = this.#hire();
  }

  /** The device's description, once its first process is ready and a second one is starting. @throws UserError */
  async open(): Promise<answers.Described> {
    const { limits, cacheDir } = this.#options;
    try {
      await this.#active.ready;
      const { process } = this.#active;
      const described = answers.read(
        answers.described,
        await process.request({ type: "describe" }, "described", limits.startMs),
      );
      const question = { type: "probe", cache_dir: cacheDir };
      const probed = answers.read(answers.probed, await process.request(question, "probed", limits.startMs));
      if (!probed.ok) throw new RunnerError(`a known-good kernel gave a wrong answer: ${probed.message}`);
      this.#spare = this.#hire();
      return described;
    } catch (error) {
      throw new UserError(`The runner failed to start on this device: ${(error as Error).message}`);
    }
  }

  /**
   * One candidate.
   * @param limitMs longest silence of the process
   * @throws the signal's reason; UserError when the runner fails itself, twice; HostFault when the kernel has no baseline; Error when it answers garbage.
   */
  async measure(
    question: Frame,
    limitMs: number,
    onTiming: () => void,
    signal: AbortSignal,
  ): Promise<Measured | Failure> {
    const waitMs = (error: unknown): number | null => {
      if (!(error instanceof RunnerError)) return null;
      this.#options.onNote(`the runner failed; it is tried again in another process: ${error.message}`);
      return 0;
    };
    try {
      return await retry(() => this.#measureOnce(question, limitMs, onTiming, signal), { tries: 2, waitMs, signal });
    } catch (error) {
      if (error instanceof RunnerError) throw new UserError(`the measuring process failed: ${error.message}`);
      throw error;
    }
  }

  /** @throws RunnerError when the runner fails itself; otherwise as `measure`. */
  async #measureOnce(
    question: Frame,
    limitMs: number,
    onTiming: () => void,
    signal: AbortSignal,
  ): Promise<Measured | Failure> {
    const member = await this.#standing();
    try {
      const onFrame = (frame: Frame) => {
        if (answers.read(answers.stage, frame).stage === "TIMING") onTiming();
      };
      const frame = await member.process.request(question, "measured", limitMs, { signal, onFrame });
      const answer = answers.read(answers.measured, frame);
      if (answer.fatal) await this.#renew(member);
      return verdict(answer);
    } catch (error) {
      if (!(error instanceof RunnerLost || error instanceof RunnerError)) throw error;
      await this.#renew(member);
      signal.throwIfAborted();
      if (error instanceof RunnerError) throw error;
      if (error.how === "garbled") throw new Error(`the measuring process: ${error.message}`);
      if (error.how === "timeout") {
        return { outcome: "timeout", message: `the device reported ${error.message}; its process was ended` };
      }
      return { outcome: "crashed", message: `the candidate ended the measuring process: ${error.message}` };
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#recovery !== null) clearTimeout(this.#recovery);
    this.#dismiss(this.#active);
    if (this.#spare !== null) this.#dismiss(this.#spare);
    await Promise.all(this.#ending);
  }

  /** The process that measures. The death of an idle one, which the system may kill, is not a candidate's outcome. */
  async #standing(): Promise<Member> {
    const member = this.#active;
    const stands = await member.ready.then(
      () => member.process.alive,
      () => false,
    );
    if (stands) return member;
    if (!(await this.#renew(member))) throw new Error("no measuring process runs on this device");
    return this.#active;
  }

  /** Another process in place of this one, and a healthy device (true), or quarantine. */
  async #renew(member: Member): Promise<boolean> {
    if (this.#closed) return false;
    // Its context must have ended before another process judges the device.
    await this.#next(member);
    for (let probe = 1; ; probe++) {
      const why = await this.#probe();
      if (why === null) return true;
      if (this.#closed) return false;
      this.#options.onNote(`the device failed a probe: ${why}`);
      if (probe === PROBES) break;
      await pause(this.#options.limits.againMs);
      await this.#next(this.#active);
    }
    this.#options.onHealth(false);
    this.#lookAgain();
    return false;
  }

  #lookAgain(): void {
    if (this.#closed) return;
    this.#recovery = setTimeout(() => void this.#recover(), this.#options.limits.quarantineMs);
    this.#recovery.unref();
  }

  async #recover(): Promise<void> {
    await this.#next(this.#active);
    if (this.#closed) return;
    if ((await this.#probe()) === null) this.#options.onHealth(true);
    else this.#lookAgain();
  }

  /** @returns null, or why the device is not fit. */
  async #probe(): Promise<string | null> {
    const { cacheDir, limits } = this.#options;
    try {
      await this.#active.ready;
      // It learns the device's peak by describing it.
      await this.#active.process.request({ type: "describe" }, "described", limits.probeMs);
      const question = { type: "probe", cache_dir: cacheDir };
      const frame = await this.#active.process.request(question, "probed", limits.probeMs);
      const { ok, message } = answers.read(answers.probed, frame);
      return ok ? null : (message ?? "wrong answer");
    } catch (error) {
      return (error as Error).message;
    }
  }

  async #next(member: Member): Promise<void> {
    this.#dismiss(member);
    await Promise.all(this.#ending);
    if (this.#closed) return;
    if (this.#spare !== null && !this.#spare.process.alive) this.#dismiss(this.#spare);
    this.#active = this.#spare?.process.alive ? this.#spare : this.#hire();
    this.#spare = this.#hire();
  }

  #hire(): Member {
    const process = this.#options.start();
    const ready = process.ready(this.#options.limits.startMs);
    ready.catch(() => {}); // Reported to the waiter.
    return { process, ready };
  }

  #dismiss({ process }: Member): void {
    const ending = process.end().then(() => {
      this.#ending.delete(ending);
    });
    this.#ending.add(ending);
  }
}

function verdict(answer: ReturnType<typeof answers.measured.parse>): Measured | Failure {
  const { outcome, message, measurements, stopped_early: stoppedEarly, environment } = answer;
  if (outcome === "ok") return { outcome, measurements, stoppedEarly, environment };
  if (outcome === "baseline_failed") throw new HostFault(outcome, message ?? outcome);
  return { outcome, message: message ?? outcome };
}
