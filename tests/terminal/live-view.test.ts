/** The live view in a real terminal: a pseudo-terminal, resized during a run. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { Screen } from "./screen.ts";

const MAIN = fileURLToPath(new URL("../../coordinator/cli/main.ts", import.meta.url));
const PTY = fileURLToPath(new URL("pseudo_terminal.py", import.meta.url));

class Terminal {
  readonly screen: Screen;
  readonly ended: Promise<number | null>;
  output = "";
  readonly #child: ChildProcessWithoutNullStreams;
  #onOutput = () => {};

  constructor(place: Workplace, size: readonly [number, number], args: readonly string[], env: NodeJS.ProcessEnv) {
    this.screen = new Screen(...size);
    const command = [PTY, ...size.map(String), process.execPath, MAIN, ...args];
    const { NO_COLOR: _, ...inherited } = process.env;
    this.#child = spawn("python3", command, { cwd: place.path, env: { ...inherited, TERM: "xterm", ...env } });
    place.adopt(this.#child);
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      this.screen.write(text);
      this.#onOutput();
    });
    this.ended = new Promise((resolve) => this.#child.once("close", resolve));
  }

  async shows(what: RegExp): Promise<void> {
    const shown = new Promise<void>((resolve) => {
      this.#onOutput = () => what.test(this.screen.visible.join("\n")) && resolve();
      this.#onOutput();
    });
    const isOver = await Promise.race([shown, this.ended.then(() => "ended" as const)]);
    expect(isOver, `never showed ${what}:\n${this.screen.text}`).toBeUndefined();
  }

  resize(rows: number, columns: number): void {
    this.screen.resize(rows, columns);
    this.#child.stdin.write(`${rows} ${columns}\n`);
  }

  interrupt(): void {
    this.#child.stdin.write("^C\n");
  }
}

const hasPython = spawnSync("python3", ["-c", "import pty, termios"]).status === 0;

function replay(place: Workplace, evaluations: number): string[] {
  writeSyntheticSpace(place.file("space.json"), { values: 6, benchmarkMs: 100 });
  const space = ["--space", place.file("space.json"), "--time-scale", "1", "--seed", "1", "--islands", "2"];
  return ["start", ...space, "--evaluations", String(evaluations)];
}

const count = (text: string, what: RegExp) => text.match(new RegExp(what, "g"))?.length ?? 0;

describe.skipIf(!hasPython)("the live view in a terminal (needs python3 for the pseudo-terminal)", () => {
  test("draws a curve, and leaves one frame behind, however often the window was resized", async () => {
    await using place = new Workplace();
    const terminal = new Terminal(place, [30, 110], replay(place, 120), {});
    await terminal.shows(/[▁-█]{2,} best over time/u);
    terminal.resize(30, 60);
    await terminal.shows(/evolving\n(?:.*\n)+.*island/);
    terminal.resize(12, 35);
    await terminal.shows(/evaluations/);
    terminal.resize(30, 100);
    await terminal.shows(/replay:0/);
    const visible = terminal.screen.visible.join("\n");
    expect(count(visible, /on replay, run \S+: /), visible).toBe(1);
    expect(count(visible, /best over time/), visible).toBe(1);
    expect(count(visible, /device +model/), visible).toBe(1);
    expect(await terminal.ended, terminal.screen.text).toBe(0);
    const { text, unknown } = terminal.screen;
    expect(unknown).toEqual([]);
    expect(text).toMatch(/on replay, run \S+: completed\n120 of 120 evaluations/);
    expect(text).toMatch(/Run \S+ of bowl on replay completed/);
    // What was noted above the frame is still there.
    expect(text).toMatch(/evaluator \S+ serves: Synthetic/);
    expect(terminal.screen.bells).toBe(0);
  });

  test("rings a bell where one was asked for, and shows no colours where none are wanted", async () => {
    await using place = new Workplace();
    const terminal = new Terminal(place, [24, 80], [...replay(place, 6), "--bell"], { NO_COLOR: "1" });
    expect(await terminal.ended, terminal.screen.text).toBe(0);
    expect(terminal.screen.bells).toBe(1);
    expect(terminal.screen.colours).toBe(0);
    // Another run in the same terminal, and colours are back: the check above can fail.
    const coloured = new Terminal(place, [24, 80], replay(place, 6), {});
    expect(await coloured.ended).toBe(0);
    expect(coloured.screen.colours).toBeGreaterThan(0);
  });

  test("is plain lines on a terminal that can do nothing else", async () => {
    await using place = new Workplace();
    const terminal = new Terminal(place, [24, 80], [...replay(place, 6), "--bell"], { TERM: "dumb" });
    expect(await terminal.ended, terminal.screen.text).toBe(0);
    expect(terminal.output).not.toContain("\u001b");
    expect(terminal.output).toMatch(/\[0:\d\d\] evolving: /);
  });

  test("watch draws the same view, and Ctrl-C ends the watching alone", async () => {
    await using place = new Workplace();
    const run = place.start("coordinator", replay(place, 400));
    await place.ledger().evaluated(3);
    const terminal = new Terminal(place, [24, 90], ["watch", "--bell"], {});
    await terminal.shows(/[▁-█]{2,} best over time/u);
    terminal.resize(24, 50);
    // Drawn again for the narrower window, which cuts its lines.
    await terminal.shows(/…$/m);
    terminal.interrupt();
    expect(await terminal.ended, terminal.screen.text).toBe(130);
    expect(terminal.screen.text).toContain("No longer watching");
    expect(count(terminal.screen.text, /on replay, run/), terminal.screen.text).toBe(1);
    expect(terminal.screen.bells).toBe(0);
    run.child.kill("SIGINT");
    await run.ended;
  });
});
