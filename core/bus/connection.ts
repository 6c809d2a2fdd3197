/** Opens the connection to NATS, or says in a sentence why not. */

import { type Authenticator, connect, type NatsConnection, type NatsError, type TlsOptions } from "nats";
import { UserError } from "../errors/user-error.ts";
import type { Invitation } from "../identity/invitation.ts";
import { natsIdentity } from "../identity/nats-identity.ts";
import { inboxPrefix } from "../identity/nats-permissions.ts";
import type { NKey } from "../identity/nkey.ts";
import type { Role } from "../identity/role.ts";
import { expectRole, type TlsIdentity } from "../identity/tls.ts";
import { ownCommand } from "../program/own-command.ts";

export interface ConnectOptions {
  readonly url: string;
  /** The role of this program: the server permits nothing beyond it. */
  readonly role: Role;
  /** Shared secret (`KEVO_TOKEN`) of a cluster without invitations. */
  readonly token?: string | undefined;
  /** Instead of a token: this program's identity, over TLS. */
  readonly invitation?: Invitation | undefined;
  /** Shown in the server's list of clients. */
  readonly name: string;
  /** Closes the bus. */
  readonly signal?: AbortSignal | undefined;
}

export interface Connection {
  readonly nats: NatsConnection;
  /** The public key of the identity that it was opened with; null where the server asks for none. */
  readonly identity: string | null;
  /** Prefix of the subjects of its replies. */
  readonly inbox: string;
  /** Whether this program may use the streams themselves: a coordinator, and all on a server that knows no identities. */
  readonly mayUseStreams: boolean;
}

const CONNECT_TIMEOUT_MS = 3000;

export async function openConnection(options: ConnectOptions): Promise<Connection> {
  const { key, tls } = natsIdentity(options.url, options.role, options);
  let signed = false;
  const inbox = key === null ? "_INBOX" : inboxPrefix(key.publicKey);
  try {
    const nats = await connect({
      servers: options.url,
      name: options.name,
      ...(key !== null && {
        authenticator: authenticator(key, options.token, () => {
          signed = true;
        }),
        inboxPrefix: inbox,
      }),
      ...(tls !== null && { tls: tlsOptions(tls) }),
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      // Jitter, so that a restarted server does not meet all its clients in the same millisecond.
      reconnectDelayHandler: () => 100 + Math.random() * 200,
      ignoreAuthErrorAbort: true,
      // A host that vanished without closing its socket is noticed within 15 seconds.
      pingInterval: 5000,
      maxPingOut: 2,
      noAsyncTraces: true,
    });
    const identity = signed && key !== null ? key.publicKey : null;
    return { nats, identity, inbox, mayUseStreams: options.role === "coordinator" || identity === null };
  } catch (error) {
    throw new UserError(
      `Cannot connect to NATS at ${withoutSecret(options.url)}: ${cause(error as NatsError, options)}`,
    );
  }
}

/** The library passes on what Node's TLS knows; names of hosts are not compared, the role is. */
function tlsOptions(identity: TlsIdentity): TlsOptions {
  const options = {
    get ca() {
      return identity.ca;
    },
    get cert() {
      return identity.cert;
    },
    get key() {
      return identity.key;
    },
    checkServerIdentity: expectRole("coordinator"),
  };
  return options as TlsOptions;
}

/** Signs the server's nonce. A server without one knows no identities: it compares a token, or asks for nothing. */
function authenticator(key: NKey, token: string | undefined, onSigned: () => void): Authenticator {
  return (nonce) => {
    if (nonce !== undefined) {
      onSigned();
      return { nkey: key.publicKey, sig: key.sign(nonce) };
    }
    return token === undefined ? undefined : { auth_token: token };
  };
}

function cause(error: NatsError, { token, invitation }: ConnectOptions): string {
  if (invitation !== undefined && error.code !== "CONNECTION_REFUSED") {
    return `it did not accept the invitation of "${invitation.name}" (${error.message}). The invitation may be withdrawn or expired, or another server listens there. Ask for a new one (coordinator invite).`;
  }
  switch (error.code) {
    case "AUTHORIZATION_VIOLATION":
      return token
        ? "the server rejected the token. Set KEVO_TOKEN to the server's token."
        : "the server requires an identity. Set KEVO_TOKEN to the server's token.";
    case "TIMEOUT":
      return `no answer in time. Check that it is a NATS server and that this host can reach it; \`${ownCommand("coordinator")} doctor\` checks this machine.`;
    case "CONNECTION_REFUSED":
      return `no server listens there. Start a nats-server, or omit --nats to have one started; \`${ownCommand("coordinator")} doctor\` checks this machine.`;
    default:
      return `${error.message}. Check the URL (nats://HOST:PORT); \`${ownCommand("coordinator")} doctor\` checks this machine.`;
  }
}

/** A URL without the user name and password that it may carry. */
const withoutSecret = (url: string) => url.replace(/\/\/[^/@]*@/, "//");
