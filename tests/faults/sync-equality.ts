/** With --sync, a run whose coordinator and workers are killed at random equals one that was left alone. */
import { readdirSync, readFileSync } from "node:fs";
import { islandRandom } from "@kevo/core/random/random.ts";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

export interface SyncEquality {
  /** What was killed after how many evaluations. */
  readonly kills: readonly string[];
  readonly candidates: number;
  /** The first candidate that differs; null where none does. */
  readonly differs: string | null;
}

const BUDGET = 120;
const KILLS_OF_EACH = 3;

export async function syncEquality(seed: number): Promise<SyncEquality> {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { compileMs: 5, benchmarkMs: 40, failEvery: 11 });
  const args = [
    ...["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1", "--devices", "0,1", "--json"],
    ...["--islands", "4", "--evaluations", String(BUDGET), "--sync", "--seed", String(seed)],
  ];
  const whole = await place.run("coordinator", args);
  const { run } = JSON.parse(whole.stdout) as { run: string };
  const expected = candidatesOf(place);

  const kills = killsOf(seed);
  let program = place.start("coordinator", args);
  for (const { target, after } of kills) {
    await place.ledger().evaluated(after, run);
    if (target === "worker") {
      for (const worker of workersOf(program.child.pid as number)) process.kill(worker, "SIGKILL");
      continue;
    }
    program.child.kill("SIGKILL");
    await program.ended;
    program = place.start("coordinator", ["resume", "--json"]);
  }
  const { code, stderr } = await program.ended;
  if (code !== 0) throw new Error(`the resumed run ended with ${code}: ${stderr}`);
  const is = candidatesOf(place);
  const at = expected.findIndex((candidate, index) => candidate !== is[index]);
  const differs = at >= 0 ? `${expected[at]} is ${is[at]}` : is.length === expected.length ? null : "one has more";
  return { kills: kills.map(({ target, after }) => `${target} after ${after}`), candidates: is.length, differs };
}

function killsOf(seed: number): { target: "coordinator" | "worker"; after: number }[] {
  const random = islandRandom(seed, 0, 0, "kills");
  return Array.from({ length: 2 * KILLS_OF_EACH }, (_, index) => ({
    target: index % 2 === 0 ? ("coordinator" as const) : ("worker" as const),
    after: 1 + random.integer(BUDGET - 10),
  })).toSorted((one, other) => one.after - other.after);
}

/** Place, genome, who proposed it and what came of it. */
function candidatesOf(place: Workplace): string[] {
  const ledger = place.ledger();
  const rows = ledger.query<object>(
    `select c.island, c.batch, c.position, c.genome, c.proposer, e.outcome, e.time_ms from candidates c
      left join evaluations e on e.candidate = c.id where c.run = ? order by c.island, c.batch, c.position`,
    ledger.latest().id,
  );
  return rows.map((row) => JSON.stringify(row));
}

function workersOf(coordinator: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const parent = Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]);
        return parent === coordinator && readFileSync(`/proc/${name}/cmdline`, "utf8").includes("island-worker");
      } catch {
        return false;
      }
    })
    .map(Number);
}
