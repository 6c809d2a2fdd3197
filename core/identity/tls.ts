/** Mutual TLS of one cluster: its own authority signs certificates that carry a role. Host names mean nothing in them. */
import type { PeerCertificate } from "node:tls";
import type { Role } from "./role.ts";

/** PEM. */
export interface TlsIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Stands in a certificate as a subject alternative name. */
export const roleUri = (role: Role) => `urn:kevo:role:${role}`;

export function hasRole(certificate: Pick<PeerCertificate, "subjectaltname"> | undefined, role: Role): boolean {
  return (certificate?.subjectaltname ?? "").split(", ").includes(`URI:${roleUri(role)}`);
}

/** For TLS clients, in place of a comparison of host names: the other end must have this role. */
export function expectRole(role: Role, accepts: (serial: string) => boolean = () => true) {
  return (_host: string, certificate: PeerCertificate): Error | undefined => {
    if (!hasRole(certificate, role)) return new Error(`the server there has no certificate of the role ${role}`);
    if (!accepts(certificate.serialNumber)) return new Error(`the invitation of this ${role} was withdrawn`);
    return undefined;
  };
}
