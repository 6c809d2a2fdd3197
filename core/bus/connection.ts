/** Opens the connection to NATS, or says in a sentence why not. */

import { type Authenticator, connect, ErrorCode, type NatsConnection, type NatsError, type TlsOptions } from "nats";
import { UserError } from "../errors/user-error.ts";
import type { Invitation } from "../identity/invitation.ts";
import { readNatsCreds } from "../identity/nats-creds.ts";
import { natsIdentity, serversOf } from "../identity/nats-identity.ts";
import { inboxPrefix, permissionsOf } from "../identity/nats-permissions.ts";
import type { NKey } from "../identity/nkey.ts";
import type { Role } from "../identity/role.ts";
import { expectRole, type TlsIdentity } from "../identity/tls.ts";
import { ownCommand } from "../program/own-command.ts";

export interface ConnectOptions {
  /** Of one server, or of several with commas between them. The others of their cluster become known by themselves. */
  readonly url: string;
  /** The role of this program: the server permits nothing beyond it. */
  readonly role: Role;
  /** Shared secret (`KEVO_TOKEN`) of a cluster without invitations. */
  readonly token?: string | undefined;
  /** Instead of a token: this program's identity, over TLS. */
  readonly invitation?: Invitation | undefined;
  /** Path of a credentials file, for a server that others run. */
  readonly creds?: string | undefined;
  /** How many servers of a cluster keep each stream; by default 3, where it has as many. */
  readonly replicas?: number | undefined;
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
  const { key, tls, jwt } = natsIdentity(options.url, options.role, options);
  let signed = false;
  const inbox = key === null ? "_INBOX" : inboxPrefix(key.publicKey);
  const onSigned = () => {
    signed = true;
  };
  try {
    const nats = await connect({
      servers: serversOf(options.url),
      name: options.name,
      ...(key !== null && {
        authenticator:
          jwt === undefined
            ? authenticator(key, options.token, onSigned)
            : byCreds(options as { creds: string }, onSigned),
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
    if (jwt !== undefined && key !== null)
      await refuseDeaf(nats, options, subscriptionsOf(options.role, key.publicKey));
    const identity = signed && key !== null ? key.publicKey : null;
    return { nats, identity, inbox, mayUseStreams: options.role === "coordinator" || identity === null };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Cannot connect to NATS at ${withoutSecret(options.url)}: ${cause(error as NatsError, options)}`,
    );
  }
}

const REFUSED: ReadonlySet<string> = new Set([
  ErrorCode.AuthorizationViolation,
  ErrorCode.AuthenticationExpired,
  ErrorCode.AuthenticationTimeout,
  ErrorCode.AccountExpired,
]);

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

const subscriptionsOf = (role: Role, publicKey: string): readonly string[] =>
  permissionsOf(role, publicKey)?.subscribe ?? [`${inboxPrefix(publicKey)}.>`, "kevo.>"];

/** Of rights that a server of others does not give, a program would notice only that nothing happens. @throws UserError */
async function refuseDeaf(nats: NatsConnection, { url }: ConnectOptions, subjects: readonly string[]): Promise<void> {
  const denied: string[] = [];
  const probes = subjects.map((subject) =>
    nats.subscribe(subject, {
      callback: (error) => {
        if (error !== null) denied.push(subject);
      },
    }),
  );
  await nats.flush();
  if (denied.length > 0) {
    await nats.close();
    throw new UserError(
      `The NATS user at ${withoutSecret(url)} may not subscribe to ${denied.join(", ")}. Grant it; docs/cluster.md lists what each program needs.`,
    );
  }
  for (const probe of probes) probe.unsubscribe();
}

/** The file is read at each connection: its owner may have replaced it. */
function byCreds({ creds }: { readonly creds: string }, onSigned: () => void): Authenticator {
  return (nonce) => {
    const { jwt, key } = readNatsCreds(creds);
    if (nonce === undefined) return { jwt };
    onSigned();
    return { jwt, nkey: key.publicKey, sig: key.sign(nonce) };
  };
}

function cause(error: NatsError, { token, invitation, creds }: ConnectOptions): string {
  if (creds !== undefined && REFUSED.has(error.code)) {
    return `it did not accept the credentials in ${creds} (${error.message}). They may be revoked, expired, or of another operator.`;
  }
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
const withoutSecret = (url: string) => url.replaceAll(/\/\/[^/@,]*@/g, "//");
