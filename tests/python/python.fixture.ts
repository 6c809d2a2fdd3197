/** Runs Python with the package of this clone, as a user's script would have it installed. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { ROOT } from "../house/files.ts";

export interface PythonEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own, with a database of its own in it. */
export class PythonPlace implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "kevo-python-"));
  readonly #children: ChildProcess[] = [];
  readonly #python: string;

  constructor(python = "python3") {
    this.#python = python;
  }

  /** Starts a script in a process group of its own. */
  start(script: string, more: NodeJS.ProcessEnv = {}): { child: ChildProcess; ended: Promise<PythonEnd> } {
    const name = "script.py";
    writeFileSync(join(this.path, name), script);
    const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
    const child = spawn(this.#python, ["-W", "default::ResourceWarning", name], {
      cwd: this.path,
      env: { ...process.env, PATH: path, PYTHONPATH: join(ROOT, "python"), PYTHONDONTWRITEBYTECODE: "1", ...more },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#children.push(child);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text: Buffer) => {
      stdout += text.toString();
    });
    child.stderr.on("data", (text: Buffer) => {
      stderr += text.toString();
    });
    const ended = new Promise<PythonEnd>((resolve) => {
      child.once("close", (code) => resolve({ code, stdout, stderr }));
    });
    return { child, ended };
  }

  run(script: string, more: NodeJS.ProcessEnv = {}): Promise<PythonEnd> {
    return this.start(script, more).ended;
  }

  /** What the script wrote to a file so far. */
  written(name: string): string {
    const path = join(this.path, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  query<T>(sql: string): T[] {
    const db = new Database(join(this.path, ".kevo/lineage.db"), { readonly: true, timeout: 5000 });
    try {
      return db.prepare(sql).all() as T[];
    } finally {
      db.close();
    }
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }
}
