/** The activity of other programs on this machine during a timing, by the system's own counters. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Quietness } from "@kevo/proto/quietness.ts";

/** The content of a file of `/proc`; null where it is missing. */
export type ReadProc = (name: string) => string | null;

export type HostActivity = Pick<Quietness, "load_per_core" | "stolen" | "pressure">;

interface Counters {
  readonly atMs: number;
  /** Ticks of all cores together. */
  readonly ticks: number;
  readonly stolenTicks: number;
  /** Microseconds in which some thread waited. */
  readonly stalledUs: number | null;
}

/** Watches from when it is made. */
export class HostWatch {
  readonly #read: ReadProc;
  readonly #cores: number;
  readonly #now: () => number;
  readonly #begin: Counters | null;
  #runnable = 0;
  #samples = 0;

  /** @param cores of the whole machine, which is what `/proc` tells of */
  constructor(read: ReadProc = readProc, cores = cpus().length, now = () => performance.now()) {
    this.#read = read;
    this.#cores = Math.max(1, cores);
    this.#now = now;
    this.#begin = this.#counters();
  }

  /** To be called between timings: then all activity except this process's is that of other programs. */
  sample(): void {
    const [, running] = / (\d+)\/\d+ /.exec(this.#read("loadavg") ?? "") ?? [];
    if (running === undefined) return;
    this.#runnable += Math.max(0, Number(running) - 1);
    this.#samples++;
  }

  end(): HostActivity {
    const load = this.#samples === 0 ? null : this.#runnable / this.#samples / this.#cores;
    const [begin, end] = [this.#begin, this.#counters()];
    if (begin === null || end === null) return { load_per_core: load, stolen: null, pressure: null };
    const ticks = end.ticks - begin.ticks;
    const elapsedUs = (end.atMs - begin.atMs) * 1000;
    const stalled = begin.stalledUs === null || end.stalledUs === null ? null : end.stalledUs - begin.stalledUs;
    return {
      load_per_core: load,
      stolen: ticks > 0 ? (end.stolenTicks - begin.stolenTicks) / ticks : 0,
      pressure: stalled === null || elapsedUs <= 0 ? null : Math.min(1, stalled / elapsedUs),
    };
  }

  #counters(): Counters | null {
    const [, line] = /^cpu +(.*)$/m.exec(this.#read("stat") ?? "") ?? [];
    if (line === undefined) return null;
    // user nice system idle iowait irq softirq steal; guests are counted in user already.
    const fields = line.split(" ").map(Number).slice(0, 8);
    const [, stalled] = /^some .*total=(\d+)/m.exec(this.#read("pressure/cpu") ?? "") ?? [];
    return {
      atMs: this.#now(),
      ticks: fields.reduce((sum, n) => sum + n, 0),
      stolenTicks: fields[7] ?? 0,
      stalledUs: stalled === undefined ? null : Number(stalled),
    };
  }
}

function readProc(name: string): string | null {
  try {
    return readFileSync(`/proc/${name}`, "utf8");
  } catch {
    // Other systems, and kernels without pressure stall information.
    return null;
  }
}
