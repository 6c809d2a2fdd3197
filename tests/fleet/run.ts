/** A run without evaluators of its own, on a replay whose candidates take five seconds each, and what its coordinator says of it. */

import { viewReply } from "@kevo/coordinator/snapshot/messages.ts";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { type Program, Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

const LOOK_MS = 1_000;
const REPLY_MS = 10_000;

export class FleetRun implements AsyncDisposable {
  readonly place: Workplace;
  readonly url: string;
  readonly #bus: Bus;
  readonly #id: string;
  readonly #program: Program;

  constructor(place: Workplace, program: Program, bus: Bus, id: string, url: string) {
    this.place = place;
    this.#program = program;
    this.#bus = bus;
    this.#id = id;
    this.url = url;
  }

  get ended(): Program["ended"] {
    return this.#program.ended;
  }

  /** Until the run ends. @returns the busy share of each lane that served, at each look */
  async watch(): Promise<number[]> {
    const shares: number[] = [];
    const over = new AbortController();
    void this.ended.then(() => over.abort());
    while (!over.signal.aborted) {
      try {
        const { snapshot } = await this.#bus.request(subjects.view(this.#id), { v: WIRE_VERSION }, viewReply, REPLY_MS);
        // At the end of its time a run only finishes what it has.
        const { fleet } = snapshot;
        if (fleet !== null && fleet.evaluations_left !== 0) {
          const serving = snapshot.evaluators.filter(({ state }) => state === "serving");
          shares.push(...serving.flatMap(({ devices }) => devices.flatMap(({ busyShare }) => busyShare ?? [])));
        }
      } catch (error) {
        if (!over.signal.aborted && this.#program.child.exitCode === null) console.log(`no answer: ${error}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    const { code, stderr } = await this.ended;
    if (code !== 0) throw new Error(`the coordinator ended with ${code}: ${stderr}`);
    return shares;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus.close();
    await this.place[Symbol.asyncDispose]();
  }
}

export async function startRun(minutes: number): Promise<FleetRun> {
  const place = new Workplace();
  // More configurations than the lanes can try in that time.
  writeSyntheticSpace(place.file("space.json"), { values: 11, compileMs: 20, benchmarkMs: 5_000 });
  const program = place.start("coordinator", [
    ...["start", "--space", "space.json", "--time-scale", "1", "--islands", "8", "--search", "random"],
    ...[
      "--external-evaluators",
      "--evaluations",
      "14000",
      "--time",
      `${minutes}m`,
      "--wait",
      "5m",
      "--json",
      "--no-dashboard",
    ],
  ]);
  await place.began();
  const url = `nats://127.0.0.1:${place.natsRecord().port}`;
  const bus = await connectBus({ url, role: "operator", name: "test:fleet" });
  return new FleetRun(place, program, bus, place.ledger().latest().id, url);
}
