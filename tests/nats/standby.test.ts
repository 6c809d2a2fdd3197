/** A standby on NATS that others run: it takes the place of a coordinator that is killed, and of one that is stopped. `npm run test:nats` alone. */
import { expect, test } from "vitest";
import { takeOver, WAYS_TO_GO } from "../faults/takeover.ts";
import { Workplace } from "../support/programs.ts";
import { NatsCluster } from "./cluster.fixture.ts";

test.runIf(process.env.KEVO_NATS === "all").each(WAYS_TO_GO)(
  "after %s a standby on given servers goes on with the run, and nothing is lost or counted twice",
  async (signal) => {
    await using place = new Workplace();
    await using cluster = await NatsCluster.start(place.path);
    const { ms, findings, standby } = await takeOver(signal, cluster.urlOf(0, 1, 2));
    expect(standby.code, standby.stderr).toBe(0);
    expect(findings).toEqual([]);
    console.log(`${signal}: the first evaluation of the standby after ${(ms / 1000).toFixed(1)} s`);
  },
);
