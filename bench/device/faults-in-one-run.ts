/** One run that everything happens to, and that completes. */
import { setTimeout as pause } from "node:timers/promises";
import { type LedgerView, type Program, Workplace } from "../../tests/support/programs.ts";
import type { Breaker } from "./break-device.ts";
import type { Checks } from "./checks.ts";
import { checkLedger, describeLedger } from "./ledger-check.ts";
import { descendants, type HostProcess, roleOf, variableOf } from "./processes.ts";

export interface FaultsRequest {
  readonly kernel: string;
  readonly workload: string;
  readonly time: string;
  /** Whether to wait until the device that was unfit serves again. */
  readonly recovery: boolean;
}

const LOOK_MS = 50;
/** Evaluations that must follow a fault before its ledger is looked at. */
const AFTERWARDS = 30;

export async function faultsInOneRun(
  { kernel, workload, time, recovery }: FaultsRequest,
  breaker: Breaker,
  checks: Checks,
  keep: (database: string) => void,
): Promise<void> {
  await using place = new Workplace();
  const search = ["start", "--backend", "triton", "--kernel", kernel, "--workload", workload, "--islands", "4"];
  const coordinator = place.start("coordinator", [...search, "--evaluations", "1000000", "--time", time, "--json"]);
  const scene = new Scene(place.ledger(), coordinator, checks);
  try {
    await scene.evaluations(60);
    const devices = await scene.devices();
    if (devices.length < 2) throw new Error(`two devices are required, not ${devices.join(", ") || "zero"}`);

    await scene.fault("the measuring process is killed", () => [scene.measuring(devices[0] as string)[0]], {
      on: devices[0] as string,
    });
    await scene.fault("a compile process is killed", async () => [await scene.busiestCompiler()]);
    await scene.fault("the daemon is killed", () => [scene.only("evaluator daemons")]);
    await scene.evaluationsOn(devices, 5);
    await quarantine(scene, devices[1] as string, devices[0] as string, breaker, checks);
    if (recovery) await servesAgain(scene, devices[1] as string, checks);
  } finally {
    await breaker.heal();
  }
  const ended = await coordinator.ended;
  keep(place.file(".kevo/lineage.db"));
  const found = checkLedger(place.ledger());
  checks.add("the ledger in the end", found.wrong.length === 0 && found.open === 0, describeLedger(found));
  const lost = lostButEvaluated(place.ledger());
  checks.add("every candidate that lost an attempt has one outcome", lost.without === 0, lost.description);
  const { status } = place.ledger().latest();
  checks.add("the run completes", ended.code === 0 && status === "completed", `status ${status}, code ${ended.code}`);
}

async function quarantine(scene: Scene, bad: string, good: string, breaker: Breaker, checks: Checks): Promise<void> {
  await breaker.prepare(bad);
  breaker.break();
  const before = scene.counts();
  const brokenAt = Date.now();
  for (const { pid } of scene.measuring(bad)) process.kill(pid, "SIGKILL");
  await scene.until(() => scene.stateOf(bad) === "quarantined", `${bad} in quarantine`, 90_000);
  const quarantinedS = (Date.now() - brokenAt) / 1000;
  const at = scene.counts();
  await breaker.heal();
  await scene.until(
    () => scene.on(good) >= (at.get(good) ?? 0) + AFTERWARDS,
    "evaluations on the other device",
    30_000,
  );
  const after = scene.counts();
  const strays = (after.get(bad) ?? 0) - (at.get(bad) ?? 0);
  const meanwhile = (at.get(good) ?? 0) - (before.get(good) ?? 0);
  checks.add(
    "a device fails its probe: quarantined, its work goes to the other",
    strays === 0 && meanwhile > 0,
    `${breaker.how}; in quarantine after ${quarantinedS.toFixed(1)} s, in which the other made ${meanwhile} evaluations; then ${strays} on it and ${(after.get(good) ?? 0) - (at.get(good) ?? 0)} on the other`,
  );
  scene.checkLedger("its ledger");
}

async function servesAgain(scene: Scene, device: string, checks: Checks): Promise<void> {
  const before = scene.on(device);
  const healedAt = Date.now();
  try {
    await scene.until(() => scene.on(device) > before, `${device} serves again`, 75_000);
    checks.add("healed, it serves again", true, `${((Date.now() - healedAt) / 1000).toFixed(0)} s after that`);
  } catch (error) {
    checks.add("healed, it serves again", false, (error as Error).message);
  }
}

/** The run, while it is interfered with. */
class Scene {
  readonly #ledger: LedgerView;
  readonly #coordinator: Program;
  readonly #checks: Checks;
  #over = false;

  constructor(ledger: LedgerView, coordinator: Program, checks: Checks) {
    this.#ledger = ledger;
    this.#coordinator = coordinator;
    this.#checks = checks;
    void coordinator.ended.then(() => {
      this.#over = true;
    });
  }

  /** Kills the victims and waits for life after it, on the device where it must be. */
  async fault(
    what: string,
    victims: () => (HostProcess | undefined)[] | Promise<(HostProcess | undefined)[]>,
    where: { readonly on?: string } = {},
  ): Promise<void> {
    const chosen = (await victims()).filter((one) => one !== undefined);
    if (chosen.length === 0) throw new Error(`${what}: there is no such process`);
    const before = checkLedger(this.#ledger);
    const here = () => (where.on === undefined ? this.#evaluated() : this.on(where.on));
    const count = here();
    const killedAt = Date.now();
    for (const { pid } of chosen) process.kill(pid, "SIGKILL");
    // A late write to the database is not a sign of life.
    await pause(1000);
    const settled = here();
    await this.until(() => here() > settled, `an evaluation after ${what}`, 90_000);
    const seconds = ((Date.now() - killedAt) / 1000).toFixed(1);
    await this.until(() => here() >= count + AFTERWARDS, `${AFTERWARDS} evaluations after ${what}`, 90_000);
    const after = checkLedger(this.#ledger);
    const failed = Object.entries(after.outcomes)
      .map(([outcome, n]) => [outcome, n - (before.outcomes[outcome] ?? 0)] as const)
      .filter(([outcome, n]) => outcome !== "ok" && n > 0);
    const place = where.on === undefined ? "" : ` on that device`;
    this.#checks.add(
      what,
      after.wrong.length === 0,
      `at evaluation ${before.evaluated}; evaluations${place} again within ${seconds} s; ${after.lost - before.lost} attempts lost; outcomes other than ok meanwhile: ${failed.map(([outcome, n]) => `${n} ${outcome}`).join(", ") || "none"}; ${describeLedger(after)}`,
    );
  }

  checkLedger(what: string): void {
    const found = checkLedger(this.#ledger);
    this.#checks.add(what, found.wrong.length === 0, describeLedger(found));
  }

  evaluations(atLeast: number): Promise<void> {
    return this.until(() => this.#evaluated() >= atLeast, `${atLeast} evaluations`, 120_000);
  }

  async evaluationsOn(devices: readonly string[], more: number): Promise<void> {
    const before = this.counts();
    const all = () => devices.every((device) => this.on(device) >= (before.get(device) ?? 0) + more);
    await this.until(all, `${more} evaluations on each device`, 60_000);
  }

  async devices(): Promise<string[]> {
    await this.until(() => this.counts().size >= 2, "evaluations on two devices", 30_000).catch(() => {});
    return [...this.counts().keys()].sort();
  }

  /** Evaluations so far, by device. */
  counts(): Map<string, number> {
    const rows = this.#ledger.query<{ device: string; n: number }>(
      "select device, count(*) n from evaluations where device is not null group by device",
    );
    return new Map(rows.map(({ device, n }) => [device, n]));
  }

  on(device: string): number {
    return this.counts().get(device) ?? 0;
  }

  /** As the daemon describes it; the coordinator stores that every two seconds. */
  stateOf(device: string): string | null {
    const rows = this.#ledger.query<{ state: string }>(
      "select json_extract(d.value, '$.state') state from evaluators e, json_each(e.description, '$.devices') d where json_extract(d.value, '$.id') = ? order by e.last_seen desc limit 1",
      device,
    );
    return rows[0]?.state ?? null;
  }

  /** The processes that measure on a device, or wait to replace them, oldest first. */
  measuring(device: string): HostProcess[] {
    return this.#processes("measuring processes")
      .filter(({ pid }) => variableOf(pid, "CUDA_VISIBLE_DEVICES") === device)
      .sort((a, b) => a.startedS - b.startedS);
  }

  only(role: string): HostProcess | undefined {
    return this.#processes(role).sort((a, b) => a.startedS - b.startedS)[0];
  }

  /** The compile process that has worked most in the last moment. */
  async busiestCompiler(): Promise<HostProcess | undefined> {
    const before = new Map(this.#processes("compile processes").map(({ pid, cpuS }) => [pid, cpuS]));
    await pause(300);
    const since = ({ pid, cpuS }: HostProcess) => cpuS - (before.get(pid) ?? cpuS);
    return this.#processes("compile processes").sort((a, b) => since(b) - since(a))[0];
  }

  async until(holds: () => boolean, what: string, limitMs: number): Promise<void> {
    const end = Date.now() + limitMs;
    for (;;) {
      try {
        if (holds()) return;
      } catch {
        // The database or its run is not there yet.
      }
      if (this.#over) {
        const { code, stderr } = await this.#coordinator.ended;
        throw new Error(`the run ended with ${code} before ${what}: ${stderr.slice(-1500)}`);
      }
      if (Date.now() > end) throw new Error(`no ${what} within ${limitMs / 1000} s`);
      await pause(LOOK_MS);
    }
  }

  #evaluated(): number {
    return this.#ledger.count("evaluations");
  }

  #processes(role: string): HostProcess[] {
    return descendants(this.#coordinator.child.pid as number).filter((one) => roleOf(one) === role);
  }
}

function lostButEvaluated(ledger: LedgerView): { without: number; description: string } {
  const [row] = ledger.query<{ candidates: number; evaluated: number; attempts: number }>(
    "select count(distinct a.candidate) candidates, count(distinct e.candidate) evaluated, count(*) attempts from attempts a left join evaluations e on e.candidate = a.candidate where a.end is null or a.end <> 'result'",
  );
  const { candidates = 0, evaluated = 0, attempts = 0 } = row ?? {};
  return {
    without: candidates - evaluated,
    description: `${attempts} lost attempts of ${candidates} candidates, of which ${evaluated} were evaluated in another attempt`,
  };
}
