/** When a daemon has to go: a first signal or a client asks it to drain, a second or the parent's death ends it. */
import { onParentEnd } from "@kevo/core/program/parent-end.ts";
import { onStopRequest } from "@kevo/core/program/stop-requests.ts";

type Asking = "signal" | "client" | "parent";

export interface Stop {
  /** Resolves with the requester when it should accept no more candidates and finish those in hand. */
  readonly requested: Promise<Asking>;
  /** Resolves when it should end without finishing. */
  readonly atOnce: Promise<"at once">;
  /** A client asks for the same as a first signal does. */
  readonly drained: () => void;
}

/**
 * Listens from now on. With `parent`, standard input is a pipe whose other end the starting process holds: it
 * closes when that process dies, however it dies, and then the results are useless.
 */
export function untilToldToStop(parent: boolean): Stop {
  const requested = Promise.withResolvers<Asking>();
  const atOnce = Promise.withResolvers<"at once">();
  let signals = 0;
  onStopRequest((request) => {
    requested.resolve("signal");
    if (request !== "output_closed" && ++signals > 1) atOnce.resolve("at once");
  });
  if (parent) {
    const orphaned = () => {
      requested.resolve("parent");
      atOnce.resolve("at once");
    };
    onParentEnd(orphaned);
  }
  return {
    requested: requested.promise,
    atOnce: atOnce.promise,
    drained: () => requested.resolve("client"),
  };
}
