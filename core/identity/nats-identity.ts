/** By which key, and over what, a program of a role connects to a NATS server. */
import { readFileSync } from "node:fs";
import { formatAddress } from "../config/address.ts";
import { readClusterKeys } from "./cluster-keys.ts";
import type { Invitation } from "./invitation.ts";
import { localSecret } from "./local-secrets.ts";
import { readNatsCreds } from "./nats-creds.ts";
import { type NKey, openNKey } from "./nkey.ts";
import type { Role } from "./role.ts";
import type { TlsIdentity } from "./tls.ts";
import { natsKeyOfToken } from "./token-keys.ts";

export interface NatsIdentity {
  /** Null without an invitation, a local secret or a token: the server may not require an identity. */
  readonly key: NKey | null;
  readonly tls: TlsIdentity | null;
  /** With a credentials file: what the server knows the user by. */
  readonly jwt?: string;
}

/** The credentials of a program. */
export interface Means {
  readonly invitation?: Invitation | undefined;
  readonly token?: string | undefined;
  /** Path of a credentials file, for a server that others run. */
  readonly creds?: string | undefined;
}

/**
 * A credentials file goes first: it is for this server, and an invitation beside it for evaluators. Then an invitation, then
 * a token, then the keys of a server that this user runs on this host.
 * @param url of one server, or of several with commas between them
 * @throws UserError for a damaged file of keys
 */
export function natsIdentity(url: string, role: Role, { invitation, token, creds }: Means): NatsIdentity {
  if (creds !== undefined) {
    const { key, jwt } = readNatsCreds(creds);
    return { key, jwt, tls: null };
  }
  if (invitation !== undefined) {
    const { ca, cert, key } = invitation;
    return { key: openNKey(invitation.nats_seed), tls: { ca, cert, key } };
  }
  const local = serversOf(url)
    .map((server) => localSecret("nats", addressOf(server) ?? ""))
    .find((secret) => secret !== null);
  const tls = local?.tls === undefined ? null : readTls(local.tls);
  if (token !== undefined) return { key: natsKeyOfToken(token, role), tls };
  return { key: local === undefined ? null : readClusterKeys(local.keys).nats[role], tls };
}

/** Read again for each connection: certificates are replaced while programs run. */
function readTls({ ca, cert, key }: { ca: string; cert: string; key: string }): TlsIdentity {
  const read = (path: string) => readFileSync(path, "utf8");
  return {
    get ca() {
      return read(ca);
    },
    get cert() {
      return read(cert);
    },
    get key() {
      return read(key);
    },
  };
}

/** The servers of a text such as `nats://a:4222,nats://b:4222`. */
export const serversOf = (url: string): string[] =>
  url
    .split(",")
    .map((server) => server.trim())
    .filter((server) => server !== "");

const DEFAULT_PORT = 4222;

function addressOf(url: string): string | null {
  try {
    const { hostname, port } = new URL(url.includes("://") ? url : `nats://${url}`);
    return formatAddress({ host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? DEFAULT_PORT : Number(port) });
  } catch {
    return null;
  }
}
