/** `coordinator stop` finds the coordinator where its embedded nats-server listens. */
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

test.runIf(process.platform === "linux")(
  "a run whose nats-server does not listen on 127.0.0.1 is stopped, and names a winner",
  async () => {
    await using place = new Workplace();
    writeSyntheticSpace(place.file("space.json"), { benchmarkMs: 1_000 });
    const { ended } = place.start("coordinator", [
      ...["start", "--space", "space.json", "--time-scale", "1", "--search", "random", "--islands", "1"],
      ...["--evaluations", "4000", "--nats-listen", "127.0.0.2:0"],
    ]);
    await place.ledger().evaluated(1);
    const stopped = await place.run("coordinator", ["stop"]);
    expect(stopped, stopped.stderr).toMatchObject({ code: 0 });
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(0);
    // Nobody waits without being told for what.
    expect(stderr).toMatch(/stopping: \d candidates? in progress/);
    const { stdout } = await place.run("coordinator", ["watch", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "stopped",
      ended_by: "stop_requested",
      best: { candidate: expect.any(String) },
    });
    expect(place.ledger().count("evaluations")).toBeLessThan(4000);
  },
);
