/** Which key a program of a role signs with where it connects to a NATS server. */
import { formatAddress } from "../config/address.ts";
import { readClusterKeys } from "./cluster-keys.ts";
import { localSecret } from "./local-secrets.ts";
import type { NKey } from "./nkey.ts";
import type { Role } from "./role.ts";
import { natsKeyOfToken } from "./token-keys.ts";

/**
 * A token that was given goes first; then the keys of a server that this user runs on this host; null where there are
 * none, as for a server of somebody else that asks nobody.
 * @throws UserError for a damaged file of keys
 */
export function natsIdentity(url: string, role: Role, token: string | undefined): NKey | null {
  if (token !== undefined) return natsKeyOfToken(token, role);
  const local = localSecret("nats", addressOf(url) ?? "");
  return local === null ? null : readClusterKeys(local.keys).nats[role];
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
