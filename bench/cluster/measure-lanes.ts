/** Whether lanes ever wait for the cluster. */
import { evaluatorAccess, openEvaluatorClient } from "@kevo/core/evaluator-access/client.ts";
import type { Description } from "@kevo/proto/evaluator-service.ts";
import { takePart } from "./cluster.ts";

export interface LaneMeasurement {
  readonly lanes: number;
  readonly duration_ms: number;
  readonly seconds: number;
  readonly per_second: number;
  /** Of all lanes together, 0 to 1, as the daemon reports it. */
  readonly busy_share: number;
}

const LANES = 64;
const DURATION_MS = 100;
const WARM_UP_MS = 3_000;
const WINDOW_MS = 10_000;
/** Enough to outlast the window; the tail, when lanes run dry, is not measured. */
const EVALUATIONS = 10_000;

export async function measureLanes(folder: string): Promise<LaneMeasurement> {
  let measured: LaneMeasurement | null = null;
  await takePart(
    folder,
    { evaluations: EVALUATIONS, devices: LANES, laneMs: DURATION_MS },
    (bus) => bus,
    async ({ evaluator }) => {
      const client = openEvaluatorClient(evaluator, evaluatorAccess(evaluator, undefined) ?? { secret: "" });
      const describe = () =>
        new Promise<Description>((resolve, reject) => {
          client.describe({}, (error, reply) => (error || reply === undefined ? reject(error) : resolve(reply)));
        });
      await untilBusy(describe);
      await sleep(WARM_UP_MS);
      const before = await describe();
      await sleep(WINDOW_MS);
      const after = await describe();
      client.close();
      measured = compare(before, after);
    },
  );
  return measured as unknown as LaneMeasurement;
}

function compare(before: Description, after: Description): LaneMeasurement {
  let busy = 0;
  let up = 0;
  for (const [index, device] of after.devices.entries()) {
    busy += device.busyMs - (before.devices[index]?.busyMs ?? 0);
    up += device.upMs - (before.devices[index]?.upMs ?? 0);
  }
  const seconds = up / after.devices.length / 1000;
  return {
    lanes: after.devices.length,
    duration_ms: DURATION_MS,
    seconds,
    per_second: busy / DURATION_MS / seconds,
    busy_share: busy / up,
  };
}

async function untilBusy(describe: () => Promise<Description>): Promise<void> {
  for (;;) {
    const { devices } = await describe();
    if (devices.every(({ busyMs }) => busyMs > 0)) return;
    await sleep(100);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
