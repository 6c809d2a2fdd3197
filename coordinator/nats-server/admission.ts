/** Whom an embedded nats-server lets in, and whether the way there is encrypted. */
import { isLoopback } from "@kevo/core/config/address.ts";
import type { ClusterKeys } from "@kevo/core/identity/cluster-keys.ts";
import { ROLES, type Role } from "@kevo/core/identity/role.ts";
import { natsKeyOfToken } from "@kevo/core/identity/token-keys.ts";
import { hasAuthority, membersOf, ownFiles } from "../identity/authority.ts";

export interface NatsUser {
  readonly role: Role;
  readonly publicKey: string;
}

export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Programs that have a token and no certificate come in as well. */
  readonly optional: boolean;
}

export interface Admission {
  readonly users: readonly NatsUser[];
  /** Null on loopback, and before anybody was invited. */
  readonly tls: TlsFiles | null;
}

/** The keys of the folder, of all invitations, and those derived from the token. */
export function admissionTo(dir: string, keys: ClusterKeys, token: string | undefined, host: string): Admission {
  const own = ROLES.map((role) => ({ role, publicKey: keys.nats[role].publicKey }));
  const invited = membersOf(dir).map(({ role, public_key }) => ({ role, publicKey: public_key }));
  const byToken =
    token === undefined ? [] : ROLES.map((role) => ({ role, publicKey: natsKeyOfToken(token, role).publicKey }));
  const tls = isLoopback(host) || !hasAuthority(dir) ? null : { ...ownFiles(dir), optional: token !== undefined };
  return { users: [...own, ...invited, ...byToken], tls };
}
