/** Says on the bus that this daemon is here, so that coordinators find it. */
import type { EvaluatorAnnouncement } from "@kevo/proto/messages/evaluators.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import type { DaemonBus } from "./renewable-bus.ts";

const INTERVAL_MS = 500;

export interface Announcement {
  /** Announces the state at once, and from then on; after `disconnected` nothing more is announced. */
  state(state: EvaluatorAnnouncement["state"]): void;
}

/** Starts with `serving`. While the bus is away nothing is said, and at once when it is back. */
export function announce(bus: DaemonBus, who: Pick<EvaluatorAnnouncement, "id" | "address" | "backend">): Announcement {
  let current: EvaluatorAnnouncement["state"] = "serving";
  const say = () => {
    // The bus would keep messages for later; an old announcement is worth nothing.
    if (bus.connected)
      bus.publish(subjects.announcement(bus.identity ?? "-"), { v: WIRE_VERSION, ...who, state: current });
  };
  bus.onReconnect(() => {
    if (current !== "disconnected") say();
  });
  const timer = setInterval(say, INTERVAL_MS);
  timer.unref();
  say();
  return {
    state: (state) => {
      current = state;
      if (state === "disconnected") clearInterval(timer);
      say();
    },
  };
}
