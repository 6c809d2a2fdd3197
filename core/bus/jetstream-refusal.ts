/**
 * What a NATS server of others says when it refuses, as one sentence that says what to grant. By JetStream's codes; its
 * texts differ between versions.
 */
import { ErrorCode, type NatsError } from "nats";
import { UserError } from "../errors/user-error.ts";

/** JetStream's error codes. */
const NOT_ENABLED = new Set([10039, 10076]);
const STREAMS_LIMIT = 10027;
const CONSUMERS_LIMIT = 10026;
const NO_PEERS = 10005;
const NOT_CLUSTERED = 10074;
/** Storage of the account, of the server, of one stream of the account; and bytes that must be bounded, which ours are. */
const NO_ROOM = new Set([10002, 10023, 10028, 10047, 10122]);

const PAGE = "docs/cluster.md lists what a run needs";

const codeOf = (error: unknown) => (error as NatsError).api_error?.err_code ?? 0;

/** A smaller stream could fit. */
export const isNoRoom = (error: unknown) => NO_ROOM.has(codeOf(error));
/** There are not as many servers as copies are wanted. */
export const isTooFewServers = (error: unknown) => codeOf(error) === NO_PEERS || codeOf(error) === NOT_CLUSTERED;

export interface Refused {
  readonly url: string;
  readonly stream: string;
  /** Copies that were asked for by the user; null where they were chosen by the cluster. */
  readonly replicas: number | null;
  /** Bytes that the stream wanted at least. */
  readonly bytes: number;
  /** The server says of itself that it has JetStream. */
  readonly hasJetStream: boolean;
}

/** Null where waiting may help: a server that is away, a cluster that elects its leader. */
export function refusalOf(error: unknown, { url, stream, replicas, bytes, hasJetStream }: Refused): UserError | null {
  const { code, permissionContext } = error as NatsError;
  const api = codeOf(error);
  if (permissionContext !== undefined) {
    const verb = permissionContext.operation === "publish" ? "publish to" : "subscribe to";
    return new UserError(`The NATS user at ${url} may not ${verb} ${permissionContext.subject}. Grant it; ${PAGE}.`);
  }
  if (code === ErrorCode.NoResponders && !hasJetStream) {
    return new UserError(
      `The NATS server at ${url} runs without JetStream. Start it with -js, or add jetstream {} to its configuration.`,
    );
  }
  if (NOT_ENABLED.has(api)) {
    return new UserError(`The NATS account at ${url} has no JetStream. Enable it for the account; ${PAGE}.`);
  }
  if (api === STREAMS_LIMIT) {
    return new UserError(
      `The NATS account at ${url} may not have another stream, and ${stream} is missing. Allow it two streams; ${PAGE}.`,
    );
  }
  if (api === CONSUMERS_LIMIT) {
    return new UserError(`The NATS account at ${url} may not have another consumer. Allow more; ${PAGE}.`);
  }
  if (NO_ROOM.has(api)) {
    const need = `${Math.round(bytes / 1024 ** 2)} MiB`;
    const copies = replicas === null ? "" : ` in ${replicas} copies`;
    return new UserError(
      `The NATS account at ${url} has no room for the stream ${stream}, which needs at least ${need}${copies}. Raise its limit of storage; ${PAGE}.`,
    );
  }
  if (isTooFewServers(error) && replicas !== null) {
    return new UserError(
      `The NATS cluster at ${url} cannot keep ${replicas} copies: too few of its servers run JetStream. Start more, or lower --nats-replicas.`,
    );
  }
  return null;
}
