import { resolve } from "node:path";
import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commandFor } from "../lineage/command.ts";
import { busyMachine } from "../run/busy-machine.ts";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { formatDuration, formatNumber, formatUsd, oneLine } from "./format.ts";
import { drawFrame } from "./frame.ts";
import { liveView } from "./live-view.ts";
import { openProgress } from "./open-progress.ts";
import { plainLines } from "./plain-lines.ts";

const snapshot = (changes: Partial<RunSnapshot> = {}): RunSnapshot => ({
  run: "20260101-abcd",
  kernel: "attention-cpu",
  backend: "cpu",
  phase: "evolving",
  objective: "speedup",
  elapsedS: 72.3,
  remainingS: 80,
  budget: 200,
  evaluated: 120,
  cached: 14,
  perSecond: 2.13,
  outcomes: { ok: 105, compile_error: 10, incorrect: 4, crashed: 0, timeout: 1, invalid: 0 },
  best: {
    candidate: "20260101-abcd/2/7/3",
    fitness: 1.93,
    timeMs: 0.41234,
    speedup: 1.93,
    proposer: "crossover",
    config: JSON.stringify({ row_tile: 32, layout: "transposed", loops: ["i", "j", "k"] }),
  },
  islands: [island(0), island(1)],
  evaluators: [evaluator("127.0.0.1:4100")],
  ...changes,
});

function island(index: number, changes: Partial<RunSnapshot["islands"][number]> = {}) {
  const known = { worker: `worker-${index}`, batches: 7, evaluated: 30, outstanding: 1, exhausted: false };
  return { island: index, niche: "", ...known, bestFitness: 1.5, bestTimeMs: 0.4, diversity: 0.61, ...changes };
}

function evaluator(address: string, model = "a processor") {
  const devices = [{ id: "cpu:0", model, state: "busy", busyShare: 0.87 }];
  return { id: address, address, state: "serving" as const, credits: 5, inFlight: 4, devices };
}

/** A terminal, as far as the views care, that keeps what was written. */
class Screen extends Writable {
  isTTY = true;
  columns = 80;
  rows = 24;
  readonly writes: string[] = [];
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(stripVTControlCharacters(chunk.toString()));
    done();
  }
  get text(): string {
    return this.writes.join("");
  }
}
const asStream = (screen: Screen) => screen as unknown as NodeJS.WriteStream;

describe("a frame of the live view", () => {
  it("says what a person wants to know", () => {
    const frame = drawFrame(snapshot());
    for (const text of [
      "attention-cpu on cpu, run 20260101-abcd: evolving",
      "120 of 200 evaluations, 14 cached, 2.1/s, 1:12 elapsed, about 1:20 left",
      "1.93× the fastest baseline, 0.4123 ms, by crossover",
      "row_tile=32 layout=transposed loops=i,j,k",
      "failed: 10 compile_error, 4 incorrect, 1 timeout",
    ]) {
      expect(frame).toContain(text);
    }
    expect(frame).toMatch(/0 +1\.50× +0\.61 +7 +30 +1 +worker-0/);
    expect(frame).toMatch(/cpu:0 +a processor +busy +87 % +4\/5 +127\.0\.0\.1:4100/);
  });

  it("says what it waits for, and that times are noisy", () => {
    const waiting = "no evaluator serves (no evaluator has announced itself); giving up in 42 s, see --wait";
    const changed = { waiting, busy: busyMachine("cpu", 13, 2) };
    const frame = drawFrame(snapshot(changed), 120);
    expect(frame).toContain(waiting);
    expect(frame).toContain("machine busy: load 13.0 on 2 cores");
    expect(busyMachine("cpu", 2, 2)).toBeNull();
    // Recorded times are not noisy.
    expect(busyMachine("replay", 13, 2)).toBeNull();
    const screen = new Screen();
    plainLines(asStream(screen)).update(snapshot(changed));
    expect(screen.text).toContain("giving up in 42 s");
    expect(screen.text).toContain("machine busy (load 13.0 on 2 cores");
  });

  it("counts time where there is no baseline", () => {
    const best = { candidate: "r/0/0/0", fitness: 2, timeMs: 0.5, speedup: null, proposer: "seed", config: "{}" };
    const frame = drawFrame(snapshot({ objective: "time", best }));
    expect(frame).toContain("best: 0.5 ms, by seed");
    expect(frame).not.toContain("×");
  });

  it("fits the terminal with any content", () => {
    const counts = fc.record({ islands: fc.nat(80), evaluators: fc.nat(40), width: fc.integer({ min: 40, max: 200 }) });
    fc.assert(
      fc.property(
        counts,
        fc.integer({ min: 18, max: 60 }),
        fc.string(),
        ({ islands, evaluators, width }, height, word) => {
          const text = drawFrame(
            snapshot({
              islands: Array.from({ length: islands }, (_, i) => island(i, { niche: word, worker: `${word}\n` })),
              evaluators: Array.from({ length: evaluators }, (_, i) =>
                evaluator(`host-${i}:4100`, `${word}\u001b[31m`),
              ),
            }),
            width,
            height,
          );
          const lines = text.split("\n");
          expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
          expect(lines.length).toBeLessThanOrEqual(height);
          expect(text).not.toContain("\u001b");
        },
      ),
      { numRuns: 50 },
    );
  });

  it("counts what it has no room for", () => {
    const frame = drawFrame(snapshot({ islands: Array.from({ length: 64 }, (_, i) => island(i)) }));
    const [, hidden] = /and (\d+) more islands/.exec(frame) as unknown as [string, string];
    const shown = frame.split("\n").filter((line) => line.includes("worker-")).length;
    expect(shown + Number(hidden)).toBe(64);
  });

  it("shows a run before anything has happened", () => {
    const frame = drawFrame(snapshot({ best: null, evaluators: [], islands: [island(0, { worker: null })] }));
    expect(frame).toContain("no best yet");
    expect(frame).toContain("no evaluator yet");
    expect(frame).toContain("waiting for a worker");
  });
});

describe("the live view", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("redraws at most four times a second, and shows the last state", () => {
    const screen = new Screen();
    const view = liveView(asStream(screen));
    for (let i = 0; i < 200; i++) {
      view.update(snapshot({ evaluated: i }));
      vi.advanceTimersByTime(10);
    }
    const drawn = new Set([...screen.text.matchAll(/(\d+) of 200 evaluations/g)].map(([, n]) => n));
    expect(drawn.size).toBeGreaterThanOrEqual(7);
    expect(drawn.size).toBeLessThanOrEqual(9);
    view.update(snapshot({ evaluated: 200, phase: "completed" }));
    view.close();
    view.close();
    expect(screen.text).toContain("200 of 200 evaluations");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("redraws when the terminal changes its size, and shows how the best grew", () => {
    const screen = new Screen();
    const written: string[] = [];
    const write = screen._write.bind(screen);
    screen._write = (chunk, encoding, done) => {
      written.push(chunk.toString());
      write(chunk, encoding, done);
    };
    const view = liveView(asStream(screen));
    const best = snapshot().best as NonNullable<RunSnapshot["best"]>;
    for (const fitness of [1, 2, 8]) {
      view.update(snapshot({ evaluated: fitness, best: { ...best, fitness } }));
      vi.advanceTimersByTime(300);
    }
    expect(screen.text).toContain("▁▂█ best over time");
    const before = written.length;
    screen.columns = 60;
    screen.emit("resize");
    const [, afterClearing] = written.slice(before).join("").split("\u001b[2J");
    expect(afterClearing).toContain("attention-cpu on cpu");
    view.close();
    expect(screen.listenerCount("resize")).toBe(0);
  });

  it("keeps notes", () => {
    const screen = new Screen();
    const view = liveView(asStream(screen));
    view.update(snapshot());
    view.note("evaluator 127.0.0.1:4100 left");
    view.close();
    expect(screen.text).toContain("evaluator 127.0.0.1:4100 left\n");
  });
});

describe("plain lines", () => {
  it("writes one every few seconds, and one whenever the run does something else", () => {
    const screen = new Screen();
    let now = 0;
    const lines = plainLines(asStream(screen), () => now);
    for (; now < 10_000; now += 500) lines.update(snapshot({ evaluated: now / 100 }));
    lines.update(snapshot({ phase: "measuring the finalists again" }));
    lines.update(snapshot({ phase: "measuring the finalists again", evaluated: 150 }));
    lines.update(snapshot({ phase: "completed", evaluated: 200 }));
    lines.close();
    lines.update(snapshot({ evaluated: 199 }));
    const seen = screen.text.trimEnd().split("\n");
    expect(seen.map((line) => /(\d+) of 200/.exec(line)?.[1])).toEqual(["0", "50", "120", "200"]);
    expect(seen[2]).toBe(
      "[1:12] measuring the finalists again: 120 of 200 evaluations, 14 cached, 2.1/s, best 1.93× 0.4123 ms, failed: 10 compile_error, 4 incorrect, 1 timeout, about 1:20 left",
    );
    expect(seen[3]).toContain(
      "completed: 200 of 200 evaluations, 14 cached, 2.1/s, best of the search 1.93× 0.4123 ms,",
    );
  });
});

it("is silent for scripts", () => {
  const screen = new Screen();
  const progress = openProgress(asStream(screen), { json: true });
  progress.update(snapshot());
  progress.note("something");
  progress.close();
  expect(screen.text).toBe("");
});

it("commands name the database only where it is not looked for anyway, and for a shell", () => {
  expect(commandFor("runs", resolve(".kevo/lineage.db"))).toBe("npx coordinator runs");
  expect(commandFor("runs", "/data/a b's.db")).toBe("npx coordinator runs --db '/data/a b'\\''s.db'");
});

describe("numbers for people", () => {
  it("writes durations as clocks", () => {
    expect([0, 59.6, 61, 3661].map(formatDuration)).toEqual(["0:00", "1:00", "1:01", "1:01:01"]);
  });

  it("keeps four digits and never writes an exponent for a time", () => {
    expect([0.00012346, 0.41234, 12.3456, 1234.56, 123456.7, 8, null].map(formatNumber)).toEqual([
      "0.0001235",
      "0.4123",
      "12.35",
      "1235",
      "123457",
      "8",
      "–",
    ]);
  });

  it("says of money that was spent that it was", () => {
    expect([null, 0, 0.000045, 0.0048, 1.5].map(formatUsd)).toEqual(["–", "$0.00", "< $0.0001", "$0.0048", "$1.50"]);
  });

  it("strips what would drive the terminal", () => {
    expect(oneLine("\u001b[31merror:\u001b[0m a\tb\r\n\u0007c")).toBe("error: a b c");
  });
});
