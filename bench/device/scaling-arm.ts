/** One arm of the comparison: a run on some daemons, looked at through its database and the host's process table. */
import { createServer } from "node:net";
import { type LedgerView, Workplace } from "../../tests/support/programs.ts";
import { descendants, MEASURING, roleOf } from "./processes.ts";

export interface ArmRequest {
  readonly kernel: string;
  readonly workload: string;
  readonly seed: string;
  readonly evaluations: number;
  /** Evaluations before this one warm up: they make references and capture baselines on each device. */
  readonly from: number;
}

export interface ArmMeasurement {
  readonly evaluations: number;
  /** Of the evaluations compared: from the `from`th to the last. */
  readonly seconds: number;
  readonly per_minute: number;
  /** From the first evaluation to the last. */
  readonly whole_per_minute: number;
  /** Means of the evaluations compared, milliseconds. */
  readonly lane_ms: number;
  readonly compile_ms: number;
  readonly queued_ms: number;
  readonly outcomes: Record<string, number>;
  readonly stopped_early: number;
  readonly devices: readonly { readonly device: string; readonly evaluations: number; readonly busy_share: number }[];
  /** When every device had measured every workload once, counted in evaluations of the run. */
  readonly warm_after: number;
  /** Processors kept busy by each part, while the evaluations compared were made. */
  readonly cores_used: Record<string, number>;
  /** That were there when the comparison began, and not when it ended. */
  readonly measuring_processes_lost: number;
  /** Of that time, how much the measuring processes stood ready and had no processor, both together. */
  readonly measuring_waited_share: number;
}

/**
 * Evaluations that the run still has to make when the comparison ends, so that no lane waits for a last compilation.
 */
const BEYOND = 200;
const LOOK_MS = 250;
const TIMEOUT_MS = 300_000;

type Used = Pick<ArmMeasurement, "cores_used" | "measuring_processes_lost" | "measuring_waited_share">;

interface Look {
  readonly evaluated: number;
  readonly at: number;
  /** Seconds of processor time by role. */
  readonly cpu: Map<string, number>;
  readonly waitedS: number;
  /** Process ids of the measuring processes. */
  readonly measuring: readonly number[];
}

interface Row {
  readonly at: number;
  readonly outcome: string;
  readonly lane_ms: number;
  readonly compile_ms: number;
  readonly queued_ms: number;
  readonly stopped_early: number;
  readonly device: string | null;
  readonly island: number;
}

/**
 * Begins without compiled code, after any earlier runs on this host.
 * @param daemons value of --devices of each daemon
 * @param apart daemons share no compiled code
 */
export async function measureArm(
  request: ArmRequest & { readonly daemons: readonly string[]; readonly apart: boolean },
  keep: (database: string) => void,
): Promise<ArmMeasurement> {
  await using place = new Workplace();
  const { kernel, workload, seed, evaluations, daemons, apart } = request;
  const search = ["start", "--backend", "triton", "--kernel", kernel, "--workload", workload, "--seed", seed, "--json"];
  const budget = [...search, "--evaluations", String(evaluations + BEYOND)];
  const coordinator =
    daemons.length === 1
      ? place.start("coordinator", [...budget, "--devices", daemons[0] as string], cacheIn(place, "cache"))
      : await withDaemons(place, budget, daemons, apart);
  let over = false;
  void coordinator.ended.then(() => {
    over = true;
  });
  const looks: Look[] = [];
  const ledger = place.ledger();
  const until = Date.now() + TIMEOUT_MS;
  while (!over && Date.now() < until) {
    const evaluated = counted(ledger);
    looks.push({ evaluated, at: Date.now(), ...processors() });
    if (evaluated >= evaluations) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  coordinator.child.kill("SIGINT");
  const ended = await coordinator.ended;
  const rows = evaluationsOf(ledger).slice(0, evaluations);
  if (rows.length < evaluations) {
    throw new Error(`${rows.length} of ${evaluations} evaluations; it said: ${ended.stderr.slice(-2000)}`);
  }
  checkpoint(place.file(".kevo/lineage.db"), keep);
  const islands = ledger.query<{ n: number }>("select count(*) n from islands")[0]?.n ?? 0;
  return { ...ofRows(rows, request, islands), ...used(looks, request.from) };
}

/** Separate daemons, at addresses that are chosen before they start. */
async function withDaemons(place: Workplace, budget: readonly string[], daemons: readonly string[], apart: boolean) {
  const ports = await Promise.all(daemons.map(freePort));
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  const coordinator = place.start("coordinator", [
    ...budget,
    ...addresses.flatMap((address) => ["--evaluator", address]),
  ]);
  let nats: { port: number } | null = null;
  for (let tries = 0; nats === null && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    try {
      nats = place.natsRecord();
    } catch {
      // It is not there yet.
    }
  }
  if (nats === null) throw new Error("the coordinator's nats-server did not come");
  const url = `nats://127.0.0.1:${nats.port}`;
  for (const [at, devices] of daemons.entries()) {
    const options = ["--devices", devices, "--listen", addresses[at] as string, "--nats", url];
    const cache = cacheIn(place, apart ? `cache-${at}` : "cache");
    place.start("gpu-evaluator", ["start", "--backend", "triton", "--json", ...options], cache);
  }
  return coordinator;
}

function cacheIn(place: Workplace, name: string): NodeJS.ProcessEnv {
  return { XDG_CACHE_HOME: place.file(name) };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function counted(ledger: LedgerView): number {
  try {
    return ledger.count("evaluations");
  } catch {
    return 0;
  }
}

function evaluationsOf(ledger: LedgerView): Row[] {
  try {
    return ledger.query<Row>(
      "select e.created_at at, outcome, lane_ms, compile_ms, queued_ms, stopped_early, device, island from evaluations e join candidates c on c.id = e.candidate order by e.created_at, e.rowid",
    );
  } catch {
    return [];
  }
}

function ofRows(rows: readonly Row[], { from }: ArmRequest, islands: number): Omit<ArmMeasurement, keyof Used> {
  const compared = rows.slice(from);
  const begin = rows[from - 1]?.at ?? 0;
  const end = rows.at(-1)?.at ?? 0;
  const mean = (of: (row: Row) => number) => compared.reduce((sum, row) => sum + of(row), 0) / compared.length;
  const devices = [...new Set(rows.flatMap(({ device }) => device ?? []))].sort();
  const outcomes: Record<string, number> = {};
  for (const { outcome } of compared) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return {
    evaluations: compared.length,
    seconds: (end - begin) / 1000,
    per_minute: compared.length / ((end - begin) / 60_000),
    whole_per_minute: (rows.length - 1) / ((end - (rows[0]?.at ?? 0)) / 60_000),
    lane_ms: mean((row) => row.lane_ms),
    compile_ms: mean((row) => row.compile_ms),
    queued_ms: mean((row) => row.queued_ms),
    outcomes,
    stopped_early: compared.filter((row) => row.stopped_early === 1).length,
    devices: devices.map((device) => {
      const own = compared.filter((row) => row.device === device);
      const busy = own.reduce((sum, row) => sum + row.lane_ms, 0);
      return { device, evaluations: own.length, busy_share: busy / (end - begin) };
    }),
    warm_after: warmAfter(rows, devices, islands),
  };
}

/** An island has one workload, or all of them: its first candidate on a device makes the references there. */
function warmAfter(rows: readonly Row[], devices: readonly string[], islands: number): number {
  const seen = new Set<string>();
  for (const [at, { device, island }] of rows.entries()) {
    if (device !== null) seen.add(`${device} ${island}`);
    if (seen.size === devices.length * islands) return at + 1;
  }
  return rows.length;
}

/** Seconds of processor time so far of this process's cluster. Ended processes are not included: rates may read low. */
function processors(): Pick<Look, "cpu" | "waitedS" | "measuring"> {
  const cpu = new Map<string, number>();
  const measuring: number[] = [];
  let waitedS = 0;
  for (const one of descendants(process.pid)) {
    if (one.pid === process.pid) continue;
    const role = roleOf(one);
    cpu.set(role, (cpu.get(role) ?? 0) + one.cpuS);
    if (role !== MEASURING) continue;
    waitedS += one.waitedS;
    measuring.push(one.pid);
  }
  return { cpu, waitedS, measuring };
}

function used(looks: readonly Look[], from: number): Used {
  const first = looks.find(({ evaluated }) => evaluated >= from);
  // The last look may come after parts have ended.
  const last = looks.at(-2);
  if (first === undefined || last === undefined || last.at <= first.at) {
    return { cores_used: {}, measuring_processes_lost: 0, measuring_waited_share: 0 };
  }
  const seconds = (last.at - first.at) / 1000;
  const since = (role: string, cpu: number) => Math.max(0, cpu - (first.cpu.get(role) ?? 0)) / seconds;
  const byRole = [...last.cpu].map(([role, cpu]) => [role, since(role, cpu)] as const);
  return {
    cores_used: Object.fromEntries(byRole.filter(([role]) => role !== "other")),
    measuring_processes_lost: first.measuring.filter((pid) => !last.measuring.includes(pid)).length,
    measuring_waited_share: (last.waitedS - first.waitedS) / seconds,
  };
}

function checkpoint(database: string, keep: (database: string) => void): void {
  // The coordinator has closed it: nothing waits in the write-ahead log.
  try {
    keep(database);
  } catch (error) {
    console.error(`the database was not kept: ${(error as Error).message}`);
  }
}
