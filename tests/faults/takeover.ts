/** A coordinator that goes away, with a standby that waits: how long nothing was stored, and what its ledger says. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { audit, type Finding } from "./audit.ts";
import { openStored, readLedger } from "./stored-ledger.ts";
import { Witness } from "./witness.ts";

export const WAYS_TO_GO = ["SIGKILL", "SIGSTOP"] as const;
export type WayToGo = (typeof WAYS_TO_GO)[number];

export interface Takeover {
  readonly findings: readonly Finding[];
  /** From the signal to the first evaluation that the standby stored. */
  readonly ms: number;
  readonly standby: { readonly code: number | null; readonly stdout: string; readonly stderr: string };
}

const LOOK_MS = 10;
const BEFORE = 15;

/** More than are made before the run is stopped. */
const ENOUGH = 6_000;
const LIMIT_MS = 300_000;

/** @param nats a server that others run; without it each coordinator brings the embedded one. */
export async function takeOver(signal: WayToGo, nats: string | null = null): Promise<Takeover> {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { values: 9, benchmarkMs: 100, failEvery: 11 });
  const args = [
    ...["start", "--backend", "replay", "--space", "space.json", "--time-scale", "1", "--devices", "0,1"],
    ...["--islands", "2", "--search", "random", "--evaluations", String(ENOUGH), "--json"],
    ...(nats === null ? [] : ["--nats", nats]),
  ];
  const witness = new Witness(place.file(".kevo/lineage.db"));
  const until = async (count: number) => {
    const deadline = performance.now() + LIMIT_MS;
    while (witness.look() < count) {
      if (performance.now() > deadline)
        throw new Error(`${witness.look()} evaluations after ${LIMIT_MS} ms, not ${count}`);
      await sleep(LOOK_MS);
    }
  };
  const first = place.start("coordinator", args);
  await until(1);
  const standby = place.start("coordinator", [...args, "--standby"]);
  await said(standby.child, "takes over when it ends");
  await until(witness.look() + BEFORE);
  first.child.kill(signal);
  const at = performance.now();
  await said(standby.child, "takes over the run");
  const count = witness.look();
  await until(count + 1);
  const ms = Math.round(performance.now() - at);
  await place.run("coordinator", ["stop"]);
  const { code, stdout, stderr } = await standby.ended;
  await first.ended;
  witness.look();
  const db = openStored(witness.path);
  const ledger = readLedger(db, witness.seen);
  // The budget of a run that was stopped is what it has accepted.
  const findings = audit({
    ...ledger,
    budget: ledger.accepted,
    status: ledger.status === "stopped" ? "completed" : ledger.status,
  });
  db.close();
  witness.close();
  return { findings, ms, standby: { code, stdout, stderr } };
}

function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (data: Buffer) => {
      text += data.toString();
      if (text.includes(words)) resolve();
    });
    child.once("exit", () => reject(new Error(`the standby ended: ${text}`)));
  });
}
