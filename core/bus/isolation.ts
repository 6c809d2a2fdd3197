/**
 * Leaves a server that has lost its cluster. Such a server keeps its clients, but nothing reaches them and JetStream has no
 * leader there, while the other servers work on. A server tells its clients which servers its cluster has now.
 */
import type { NatsConnection } from "nats";

const FIRST_WAIT_MS = 1_500;
/** Where no other server answers either, it is tried again after longer and longer. */
const MAX_WAIT_MS = 30_000;

export interface IsolationWatch {
  /** The server has told its clients of its cluster, or this is another server now. */
  look(): void;
  stop(): void;
}

/** @param servers how many the user has named */
export function watchIsolation(connection: NatsConnection, servers: number): IsolationWatch {
  let most = servers;
  let waitMs = FIRST_WAIT_MS;
  let timer: NodeJS.Timeout | undefined;
  /** Itself and those that it is connected with; one that tells nothing counts as having all. */
  const members = () => connection.info?.connect_urls?.length ?? most;
  const isAlone = () => connection.info?.cluster !== undefined && most > 1 && members() <= 1;
  const look = () => {
    most = Math.max(most, members());
    if (!isAlone()) {
      clearTimeout(timer);
      timer = undefined;
      waitMs = FIRST_WAIT_MS;
      return;
    }
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (!isAlone() || connection.isClosed()) return;
      waitMs = Math.min(MAX_WAIT_MS, 2 * waitMs);
      connection.reconnect().catch(() => {});
      // Where it comes back to the same server, nobody tells anything new.
      look();
    }, waitMs);
    timer.unref();
  };
  look();
  return { look, stop: () => clearTimeout(timer) };
}
