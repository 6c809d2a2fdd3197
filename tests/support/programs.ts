/** Starts the project's programs as real processes, and watches a run through its database as a person would. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRY = {
  coordinator: join(ROOT, "coordinator/cli/main.ts"),
  "gpu-evaluator": join(ROOT, "gpu-evaluator/cli/main.ts"),
  "island-worker": join(ROOT, "island-worker/cli/main.ts"),
  "research-stage": join(ROOT, "research-stage/cli/main.ts"),
};

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The first line on standard output, or an error with its last output when it ends before. */
  readonly firstLine: Promise<string>;
  /** For people: the command, whether it runs, and the last that it said. */
  lastWords(): string;
}

const LAST_CHARACTERS = 3000;

/** A new working directory that is removed with the test. */
export class Workplace implements AsyncDisposable {
  readonly path = mkdtempSync(join(tmpdir(), "kevo-test-"));
  readonly #programs: Program[] = [];
  readonly #adopted: ChildProcess[] = [];

  start(name: keyof typeof ENTRY, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const child = spawn(process.execPath, [ENTRY[name], ...args], {
      cwd: this.path,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text: Buffer) => {
      stdout += text.toString();
    });
    child.stderr.on("data", (text: Buffer) => {
      stderr += text.toString();
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    const firstLine = new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      void ended.then((e) => reject(new Error(`${name} ended with ${e.code ?? e.signal}: ${e.stderr}`)));
    });
    firstLine.catch(() => {});
    const lastWords = () => {
      const state = child.exitCode ?? child.signalCode ?? "runs";
      return [`${name} ${args.join(" ")}: ${state}`, stdout, stderr]
        .map((text) => text.slice(-LAST_CHARACTERS))
        .join("\n");
    };
    const program = { child, ended, firstLine, lastWords };
    this.#programs.push(program);
    return program;
  }

  /** A process that a test started itself ends with the test. */
  adopt(child: ChildProcess): void {
    this.#adopted.push(child);
  }

  /** Runs a command to its end. */
  run(name: keyof typeof ENTRY, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.start(name, args, env).ended;
  }

  /** Awaits what a test waits for. A failure says what the programs said, and what the coordinator made of it. */
  async explain<T>(awaited: Promise<T>): Promise<T> {
    try {
      return await awaited;
    } catch (error) {
      const rows = (table: string, order: string) =>
        this.ledger()
          .query(`select * from ${table} order by ${order} desc limit 20`)
          .map((row) => JSON.stringify(row));
      const told = [
        ...this.#programs.map((program) => program.lastWords()),
        ...["evaluators:", ...rows("evaluators", "last_seen"), "events:", ...rows("events", "id")],
      ];
      throw new Error(`${error}\n\n${told.join("\n")}`, { cause: error });
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** The latest run's numbers, straight from the database. */
  ledger(): LedgerView {
    return new LedgerView(join(this.path, ".kevo/lineage.db"));
  }

  /** The embedded nats-server, while it runs. */
  natsRecord(): { pid: number; port: number } {
    return JSON.parse(readFileSync(join(this.path, ".kevo/nats/server.json"), "utf8"));
  }

  /** Resolves when the embedded nats-server is recorded and the first run is stored. */
  async began(timeoutMs = 600_000): Promise<void> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      try {
        this.natsRecord();
        if (this.ledger().latest() !== undefined) return;
      } catch {
        // Neither is there yet.
      }
      if (Date.now() > until) throw new Error(`no run after ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#programs) child.kill("SIGKILL");
    for (const child of this.#adopted) child.kill("SIGKILL");
    await Promise.all(this.#programs.map(({ ended }) => ended));
    try {
      process.kill(this.natsRecord().pid, "SIGKILL");
    } catch {
      // It has ended, as it should.
    }
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface RunView {
  readonly id: string;
  readonly status: string;
  readonly accepted: number;
}

export class LedgerView {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  query<T>(sql: string, ...values: unknown[]): T[] {
    const db = new Database(this.#path, { readonly: true, fileMustExist: true, timeout: 5000 });
    try {
      return db.prepare(sql).all(...values) as T[];
    } finally {
      db.close();
    }
  }

  latest(): RunView {
    return this.query<RunView>("select id, status, accepted from runs order by rowid desc limit 1")[0] as RunView;
  }

  count(table: "evaluations" | "candidates"): number {
    return this.query<{ n: number }>(`select count(*) n from ${table} where run = ?`, this.latest().id)[0]?.n ?? 0;
  }

  /** Genomes in the order of islands, batches and positions: what a repeated run must repeat. */
  genomes(): string[] {
    const { id } = this.latest();
    return this.query<{ genome: string }>(
      "select genome from candidates where run = ? order by island, batch, position",
      id,
    ).map(({ genome }) => genome);
  }

  /** Evaluations by evaluator, most first. */
  shares(): number[] {
    const { id } = this.latest();
    return this.query<{ n: number }>(
      "select count(*) n from evaluations where run = ? group by evaluator order by n desc",
      id,
    ).map(({ n }) => n);
  }

  /** Genomes that were evaluated more than once on one niche: must be none. */
  twiceEvaluated(): number {
    const { id } = this.latest();
    const rows = this.query<{ n: number }>(
      "select count(*) n from candidates where run = ? and answered_by is null group by genome having n > 1",
      id,
    );
    return rows.length;
  }

  /** Waits until the latest run, which is not the named one, has this many evaluations. */
  async evaluated(atLeast: number, notRun: string | null = null, timeoutMs = 900_000): Promise<void> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      try {
        if (this.latest().id !== notRun && this.count("evaluations") >= atLeast) return;
      } catch {
        // The database or its first run is not there yet.
      }
      if (Date.now() > until) throw new Error(`no ${atLeast} evaluations after ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
