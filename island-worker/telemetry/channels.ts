/** What an island-worker tells of its batches. */
import { type Carrier, openChannel } from "@kevo/core/telemetry/channel.ts";

interface BatchId {
  readonly run: string;
  readonly island: number;
  readonly k: number;
}

/** A batch is sent for the first time. */
export const batchSent = openChannel<BatchId & { readonly proposers: readonly string[]; readonly carrier: Carrier }>(
  "worker.batch-sent",
);

/** The log contains it, or it is given up. */
export const batchSettled = openChannel<
  BatchId & { readonly answer: string; readonly proposals: number; readonly seconds: number }
>("worker.batch-settled");

/** An island was leased, or is no longer. */
export const leaseChanged = openChannel<{ readonly run: string; readonly island: number; readonly held: boolean }>(
  "worker.lease",
);
