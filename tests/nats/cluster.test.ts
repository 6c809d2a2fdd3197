/** NATS of three with copies on each: any one of them may fail in the middle of a run. `npm run test:nats` tries all ways. */
import { LOG_STREAM } from "@kevo/proto/subjects.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { NatsCluster } from "./cluster.fixture.ts";

const BUDGET = 120;
const isLong = process.env.KEVO_NATS === "all";

/** @param at the coordinator's server */
type Fault = (cluster: NatsCluster, at: number) => Promise<void>;

const FAULTS: Record<string, Fault> = {
  "the leader of the log is killed": async (cluster) => {
    await cluster.kill(await cluster.leaderOf(LOG_STREAM));
  },
  "the coordinator's server is stopped for good": async (cluster, at) => {
    cluster.signal(at, "SIGSTOP");
  },
  "the coordinator's server is cut off from the others for good": async (cluster, at) => {
    cluster.cut(at);
  },
  "a server is cut off for three seconds": async (cluster) => {
    const leader = await cluster.leaderOf(LOG_STREAM);
    cluster.cut(leader);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    cluster.cut(leader, false);
  },
  "the leader is moved, again and again": async (cluster) => {
    for (let times = 0; times < 5; times++) {
      const before = await cluster.leaderOf(LOG_STREAM);
      await cluster.withManager(async (_manager, connection) => {
        await connection.request(`$JS.API.STREAM.LEADER.STEPDOWN.${LOG_STREAM}`, "");
      });
      while ((await cluster.leaderOf(LOG_STREAM)) === before);
    }
  },
  "the storage of one is wiped": async (cluster) => {
    const leader = await cluster.leaderOf(LOG_STREAM);
    await cluster.kill(leader);
    cluster.wipe(leader);
    cluster.run(leader);
  },
  "one after the other is killed and started again": async (cluster) => {
    for (const index of [0, 1, 2]) {
      await cluster.kill(index);
      cluster.run(index);
      await cluster.withManager(async (manager) => {
        const { cluster: state } = await manager.streams.info(LOG_STREAM);
        if (state?.replicas?.length !== 2 || state.replicas.some(({ current }) => !current)) throw new Error("not yet");
      });
    }
  },
  "the storage of all is wiped": async (cluster) => {
    for (const index of [0, 1, 2]) await cluster.kill(index);
    for (const index of [0, 1, 2]) cluster.wipe(index);
    for (const index of [0, 1, 2]) cluster.run(index);
  },
};

const tried = isLong ? Object.entries(FAULTS) : Object.entries(FAULTS).slice(0, 1);

test.each(tried)("a run completes and counts exactly while %s", async (_name, fault) => {
  await using place = new Workplace();
  await using cluster = await NatsCluster.start(place.path);
  writeSyntheticSpace(place.file("space.json"), { benchmarkMs: isLong ? 200 : 60, failEvery: 11 });
  const run = place.start("coordinator", [
    ...[
      "start",
      "--nats",
      cluster.urlOf(0, 1, 2),
      "--external-workers",
      "--space",
      "space.json",
      "--time-scale",
      "1",
      "--devices",
      "0,1",
    ],
    ...["--islands", "4", "--evaluations", String(BUDGET), "--search", "random", "--json", "--no-dashboard"],
  ]);
  // The worker is at another server than the coordinator.
  const at = await cluster.serverOf("coordinator");
  const others = [0, 1, 2].filter((index) => index !== at);
  place.start("island-worker", ["start", "--nats", cluster.urlOf(...others)]);
  const ledger = place.ledger();
  await ledger.evaluated(20);
  const { config } = await cluster.stream(LOG_STREAM);
  expect(config.num_replicas).toBe(3);
  await fault(cluster, at);
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  expect(ledger.latest()).toMatchObject({ status: "completed", accepted: BUDGET });
  expect(ledger.count("evaluations")).toBe(BUDGET);
  expect(ledger.twiceEvaluated()).toBe(0);
});
