/** The wrapper of old machines, with real processes; here both sides run the same Node. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../house/files.ts";

const LAUNCH = JSON.stringify(new URL(`file://${join(ROOT, "deploy/launcher/launch.mjs")}`).href);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-launch-"));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write(
    "wrapper.mjs",
    `await (await import(${LAUNCH})).runUnder(process.execPath, ["child.mjs", ...process.argv.slice(2)]);`,
  );
  write("child.mjs", `await (await import(${LAUNCH})).runHere(process.cwd() + "/program.mjs", process.argv.slice(2));`);
  write(
    "program.mjs",
    `const [mode] = process.argv.slice(2);
    if (mode === "exit") process.exit(7);
    let interrupts = 0;
    process.on("SIGINT", () => {
      interrupts++;
      setTimeout(() => { console.log("interrupts " + interrupts); process.exit(130); }, 500);
    });
    setInterval(() => {}, 1000);
    console.log("ready " + process.pid);`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Running {
  wrapper: ChildProcess;
  lines: AsyncIterator<string>;
  pid: number;
}

/** Starts the wrapper in its own process group and waits until the program listens. */
async function start(): Promise<Running> {
  const options = {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"] as ["ignore", "pipe", "inherit"],
  };
  const wrapper = spawn(process.execPath, ["wrapper.mjs", "wait"], options);
  const lines = createInterface({ input: wrapper.stdout })[Symbol.asyncIterator]();
  const pid = Number(/^ready (\d+)$/.exec((await lines.next()).value ?? "")?.[1]);
  return { wrapper, lines, pid };
}

test("the exit status is the program's", async () => {
  const [status] = await once(spawn(process.execPath, ["wrapper.mjs", "exit"], { cwd: folder }), "exit");
  expect(status).toBe(7);
});

test.each(["the whole process group, as a terminal does", "the wrapper alone"])(
  "SIGINT to %s reaches the program once",
  async (to) => {
    const { wrapper, lines } = await start();
    const exit = once(wrapper, "exit");
    process.kill(to === "the wrapper alone" ? Number(wrapper.pid) : -Number(wrapper.pid), "SIGINT");
    expect((await lines.next()).value).toBe("interrupts 1");
    expect(await exit).toEqual([130, null]);
  },
);

test("a signal that ends the program ends the wrapper the same way", async () => {
  const { wrapper } = await start();
  const exit = once(wrapper, "exit");
  wrapper.kill("SIGTERM");
  expect(await exit).toEqual([null, "SIGTERM"]);
});

test("a wrapper that is killed takes the program with it", async () => {
  const { wrapper, lines } = await start();
  wrapper.kill("SIGKILL");
  // The pipe ends when its last writer, the program, has ended.
  expect(await lines.next()).toEqual({ value: undefined, done: true });
});
