/** At the level info, one line for each batch and lease. */
import type { Logger } from "@kevo/core/logging/logger.ts";
import { batchSettled, leaseChanged } from "../telemetry/channels.ts";

export function logWorker(logger: Logger): Disposable {
  const stack = new DisposableStack();
  stack.use(
    batchSettled.listen(({ run, island, k, answer, proposals, seconds }) =>
      logger.info({ run, island, batch: k, answer, proposals, seconds }, "batch settled"),
    ),
  );
  stack.use(
    leaseChanged.listen(({ run, island, held }) =>
      logger.info({ run, island }, held ? "island leased" : "island left"),
    ),
  );
  return stack;
}
