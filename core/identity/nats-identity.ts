/** By which key, and over what, a program of a role connects to a NATS server. */
import { readFileSync } from "node:fs";
import { formatAddress } from "../config/address.ts";
import { readClusterKeys } from "./cluster-keys.ts";
import type { Invitation } from "./invitation.ts";
import { localSecret } from "./local-secrets.ts";
import { type NKey, openNKey } from "./nkey.ts";
import type { Role } from "./role.ts";
import type { TlsIdentity } from "./tls.ts";
import { natsKeyOfToken } from "./token-keys.ts";

export interface NatsIdentity {
  /** Null without an invitation, a local secret or a token: the server may not require an identity. */
  readonly key: NKey | null;
  readonly tls: TlsIdentity | null;
}

/** The credentials of a program. */
export interface Means {
  readonly invitation?: Invitation | undefined;
  readonly token?: string | undefined;
}

/**
 * An invitation goes first, then a token, then the keys of a server that this user runs on this host.
 * @throws UserError for a damaged file of keys
 */
export function natsIdentity(url: string, role: Role, { invitation, token }: Means): NatsIdentity {
  if (invitation !== undefined) {
    const { ca, cert, key } = invitation;
    return { key: openNKey(invitation.nats_seed), tls: { ca, cert, key } };
  }
  const local = localSecret("nats", addressOf(url) ?? "");
  const tls = local?.tls === undefined ? null : readTls(local.tls);
  if (token !== undefined) return { key: natsKeyOfToken(token, role), tls };
  return { key: local === null ? null : readClusterKeys(local.keys).nats[role], tls };
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

const DEFAULT_PORT = 4222;

function addressOf(url: string): string | null {
  try {
    const { hostname, port } = new URL(url.includes("://") ? url : `nats://${url}`);
    return formatAddress({ host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? DEFAULT_PORT : Number(port) });
  } catch {
    return null;
  }
}
