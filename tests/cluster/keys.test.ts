/**
 * A whole run with recognisable keys in its environment: they reach the model's server and the workers, and nothing else.
 * Searched are all that the run writes, what it prints, every process's command line and environment, and the candidates.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codeChanges } from "../fakes/xai/code-changes.ts";
import { startFakeXai } from "../fakes/xai/server.ts";
import { Workplace } from "../support/programs.ts";
import { tinyAttention } from "../support/tiny-attention.ts";

const MARK = "hygiene";
const KEYS = {
  XAI_API_KEY: `xai-${MARK}-4711`,
  EXA_API_KEY: `exa-${MARK}-4712`,
  SOME_OTHER_TOKEN: `other-${MARK}-4713`,
};
const VALUES = Object.values(KEYS);
const holds = (text: string) => VALUES.filter((value) => text.includes(value));

/** Every file below a folder that holds a key, as bytes: databases and NATS's store among them. */
function filesWithKeys(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(folder, name);
    try {
      return statSync(path).isFile() && holds(readFileSync(path, "latin1")).length > 0;
    } catch {
      return false;
    }
  });
}

interface Seen {
  /** Command lines with a key, of any process. */
  readonly commandLines: Set<string>;
  /** Programs whose environment has a key, and which ones. */
  readonly environments: Map<string, string[]>;
  candidates: number;
}

/** Looks at what runs now. */
function look(seen: Seen): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      if (holds(command).length > 0) seen.commandLines.add(command);
      if (command.includes("/candidates/")) seen.candidates++;
      const keys = holds(readFileSync(`/proc/${pid}/environ`, "utf8"));
      // A process that is just about to become another program has no command line.
      if (keys.length > 0 && command !== "") seen.environments.set(command, keys);
    } catch {
      // It has ended meanwhile.
    }
  }
}

test.runIf(process.platform === "linux")(
  "no key is in a log, a file, an error, a command line, or near a candidate",
  async () => {
    await using place = new Workplace();
    const fake = await startFakeXai({ key: KEYS.XAI_API_KEY, scenario: "ok,bad-key", answerers: [codeChanges] });
    const env = { ...KEYS, LLM_BASE_URL: fake.url, KEVO_LOG: "trace", TMPDIR: place.path, XDG_CACHE_HOME: place.path };
    const seen: Seen = { commandLines: new Set(), environments: new Map(), candidates: 0 };
    const kernel = tinyAttention(place.file("kernel"));
    const start = ["start", "--kernel", kernel, "--workload", "tiny", "--islands", "1"];
    const program = place.start(
      "coordinator",
      [...start, "--evolve", "source", "--llm", "grok-4.3", "--evaluations", "12"],
      env,
    );
    const watching = setInterval(() => look(seen), 60);
    const ended = await program.ended;
    clearInterval(watching);
    await fake.close();
    expect(ended.code).toBe(0);

    // The search would find them: the server was shown the key, the worker has it, and candidates ran.
    expect(fake.received[0]?.authorization).toBe(`Bearer ${KEYS.XAI_API_KEY}`);
    expect(fake.received.some(({ did }) => did === "bad-key")).toBe(true);
    expect(seen.candidates).toBeGreaterThan(0);
    const holders = [...seen.environments].filter(([command]) => !/coordinator\/cli\/main\.ts start/.test(command));
    expect(holders.length).toBeGreaterThan(0);

    expect(holds(ended.stdout + ended.stderr)).toEqual([]);
    expect(filesWithKeys(place.path)).toEqual([]);
    expect([...seen.commandLines]).toEqual([]);
    // The workers call the model, with its key and no other. Evaluators, compilers and candidates have none.
    for (const [command, keys] of holders) {
      expect(command).toContain("island-worker/cli/main.ts");
      expect(keys).toEqual([KEYS.XAI_API_KEY]);
    }
    const shown = await place.run("coordinator", ["lineage", "failures"], env);
    expect(holds(shown.stdout + shown.stderr)).toEqual([]);
  },
);
