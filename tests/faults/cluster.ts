/**
 * A run whose every process can be hurt: a coordinator with its nats-server, two island-workers and two evaluators, each
 * started again when it ends, connected over links that can be cut.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readOwner } from "@kevo/core/database/owner-file.ts";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { Link } from "./link.ts";
import type { ClockedName, EvaluatorName, Fault, LinkName, ProcessName } from "./schedule.ts";
import { Supervised } from "./supervised.ts";
import type { Moment } from "./timeline.ts";
import { Volume } from "./volume.ts";
import { type SeenEvent, Witness } from "./witness.ts";

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const COORDINATOR = file("../../coordinator/cli/main.ts");
const WORKER = file("../../island-worker/cli/main.ts");
const EVALUATOR = file("compiling-evaluator.fixture.ts");
const CLOCK = file("shifted-clock.fixture.mjs");

const TOKEN = "a-token-of-the-tests-with-faults";
const BENCHMARK_MS = 60;
const LOOK_MS = 50;
/** A compiler process lives for some hundredths of a second. */
const TRY_MS = 10;
const TRIES = 300;

/** Of the two coordinators each is the standby of the other. */
type Program = Exclude<ProcessName, "nats"> | "standby";

export interface ClusterOptions {
  readonly seed: number;
  readonly evaluations: number;
  /** A program has ended, or works again. */
  readonly onMoment: (moment: Omit<Moment, "at">) => void;
  /** It ended by itself, which a fault may have led to. `stderr`: all that it said. */
  readonly onEnded: (name: string, how: string, stderr: string) => void;
}

export class FaultyCluster implements AsyncDisposable {
  readonly #place = new Workplace();
  readonly #volume = new Volume(this.#place.file("volume"));
  readonly #links = new Map<LinkName, Link>();
  readonly #programs = new Map<Program, Supervised>();
  readonly #options: ClusterOptions;
  #closing = false;
  readonly #completed = Promise.withResolvers<void>();
  readonly witness = new Witness(join(this.#volume.path, "lineage.db"));

  private constructor(options: ClusterOptions) {
    this.#options = options;
  }

  static async start(options: ClusterOptions): Promise<FaultyCluster> {
    const cluster = new FaultyCluster(options);
    await cluster.#start();
    return cluster;
  }

  /** Resolves when the coordinator says that the run is over. */
  get completed(): Promise<void> {
    return this.#completed.promise;
  }

  /** Lets the fault happen, and lifts it after its time. @returns false where this host cannot make it */
  async suffer(fault: Fault): Promise<boolean> {
    switch (fault.kind) {
      case "kill":
        return (await this.#signal("SIGKILL", () => this.#pidOf(fault.target))) !== null;
      case "stop": {
        const pid = await this.#signal("SIGSTOP", () => this.#pidOf(fault.target));
        if (pid === null) return false;
        await sleep(fault.ms);
        send(pid, "SIGCONT");
        return true;
      }
      case "kill_compiler":
        return (await this.#signal("SIGKILL", () => this.#compilerOf(fault.target))) !== null;
      case "stop_compiler":
        return (await this.#signal("SIGSTOP", () => this.#compilerOf(fault.target))) !== null;
      case "cut":
        this.#link(fault.target).cut();
        await sleep(fault.ms);
        this.#link(fault.target).mend();
        return true;
      case "slow":
        this.#link(fault.target).slow(fault.delayMs);
        await sleep(fault.ms);
        this.#link(fault.target).slow(0);
        return true;
      case "disk_full":
        if (!this.#volume.canFill) return false;
        this.#volume.fill();
        await sleep(fault.ms);
        this.#volume.free();
        return true;
      case "clock":
        writeFileSync(this.#clockOf(fault.target), String(fault.byMs));
        await sleep(fault.ms);
        writeFileSync(this.#clockOf(fault.target), "0");
        return true;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.witness.close();
    await Promise.all([...this.#programs.values()].map((program) => program.close()));
    for (const link of this.#links.values()) link.close();
    const nats = this.#natsPid();
    if (nats !== null) send(nats, "SIGKILL");
    this.#volume.close();
    await this.#place[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const space = this.#place.file("space.json");
    writeSyntheticSpace(space, { values: 9, compileMs: 0, benchmarkMs: BENCHMARK_MS, failEvery: 11 });
    const nats = await freePort();
    const url = (link: Link) => `nats://127.0.0.1:${link.port}`;
    // A program that finds no server at its start ends; a supervisor would start it again, which takes the processor.
    const onceServed = async (args: readonly string[]) => {
      while (!this.#closing && !(await answers(nats))) await sleep(LOOK_MS);
      return args;
    };
    for (const name of ["evaluator-0", "evaluator-1"] as const) {
      const port = await freePort();
      const link = await this.#openLink(name, port);
      const args = [EVALUATOR, space, String(port), `127.0.0.1:${link.port}`, `nats://127.0.0.1:${nats}`];
      this.#run(name, () => onceServed(args));
    }
    for (const name of ["worker-0", "worker-1"] as const) {
      const link = await this.#openLink(name, nats);
      const args = [WORKER, "start", "--nats", url(link), "--islands", "2", "--name", name];
      this.#run(name, () => onceServed(args));
    }
    const evaluators = (["evaluator-0", "evaluator-1"] as const).flatMap((name) => [
      "--evaluator",
      `127.0.0.1:${this.#link(name).port}`,
    ]);
    const db = ["--standby", "--db", join(this.#volume.path, "lineage.db"), "--json"];
    const { evaluations, seed } = this.#options;
    const start = [
      ...[COORDINATOR, "start", "--backend", "replay", "--space", space, "--time-scale", "1", "--search", "random"],
      ...["--islands", "2", "--evaluations", String(evaluations), "--seed", String(seed), "--external-workers"],
      ...[...evaluators, "--nats-listen", `127.0.0.1:${nats}`, ...db],
    ];
    for (const name of ["coordinator", "standby"] as const) this.#run(name, async () => start);
  }

  async #openLink(name: LinkName, port: number): Promise<Link> {
    const link = await Link.open(() => port);
    this.#links.set(name, link);
    return link;
  }

  #run(name: Program, command: () => Promise<readonly string[]>): void {
    const env = {
      ...process.env,
      NO_COLOR: "1",
      KEVO_TOKEN: TOKEN,
      KEVO_LOG: "silent",
      NODE_OPTIONS: `--import=${CLOCK}`,
      KEVO_TEST_CLOCK: this.#clockOf(name === "standby" ? "coordinator" : name),
    };
    const onEnd = (code: number | null, signal: NodeJS.Signals | null, stderr: string) => {
      if ((name === "coordinator" || name === "standby") && code === 0) {
        this.#completed.resolve();
        return true;
      }
      if (signal !== "SIGKILL") {
        const how = `${name} ended with ${code ?? signal}`;
        const isWriting = name !== "standby" && name !== "coordinator";
        this.#options.onMoment({
          text: `${how}: ${stderr.trim().split("\n").at(-1) ?? ""}`,
          ...(isWriting && { change: { part: name, is: "away" as const } }),
        });
        this.#options.onEnded(name, how, stderr);
      }
      return false;
    };
    this.#programs.set(name, new Supervised({ command, cwd: this.#place.path, env, onEnd }));
  }

  /** What the coordinator stored about the parts of its run. */
  partOf({ kind, message, data }: SeenEvent): Moment["change"] {
    if (kind === "leased") {
      const { worker } = JSON.parse(data ?? "{}") as { worker: string };
      const part = (["worker-0", "worker-1"] as const).find((name) => worker.startsWith(name));
      return part && { part, is: "back" };
    }
    if (kind !== "evaluator") return undefined;
    const part = (["evaluator-0", "evaluator-1"] as const).find((name) =>
      message.includes(`:${this.#link(name).port} `),
    );
    return part && { part, is: message.includes(" serves") ? "back" : "away" };
  }

  #clockOf(name: ClockedName): string {
    return this.#place.file(`${name}.clock`);
  }

  #link(name: LinkName): Link {
    return this.#links.get(name) as Link;
  }

  #pidOf(name: ProcessName): number | null {
    if (name === "nats") return this.#natsPid();
    // The one that writes now.
    if (name === "coordinator") return readOwner(this.witness.path)?.pid ?? null;
    return this.#programs.get(name)?.pid ?? null;
  }

  #natsPid(): number | null {
    try {
      return JSON.parse(readFileSync(join(this.#volume.path, "nats/server.json"), "utf8")).pid;
    } catch {
      return null;
    }
  }

  #compilerOf(name: EvaluatorName): number | null {
    const evaluator = this.#pidOf(name);
    // Between fork and exec it is still the evaluator, which waits for it.
    return evaluator === null ? null : (childrenOf(evaluator).find((child) => isCompiler(child)) ?? null);
  }

  /** A process that is being started again, or a compiler that has just ended, is waited for. */
  async #signal(signal: NodeJS.Signals, find: () => number | null): Promise<number | null> {
    for (let tries = 0; tries < TRIES && !this.#closing; tries++) {
      const pid = find();
      if (pid !== null && send(pid, signal)) return pid;
      await sleep(TRY_MS);
    }
    return null;
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function isCompiler(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "sleep";
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => done(true)).once("error", () => done(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
