/** Makes certificates. The library is loaded only when one is made. */
import { randomBytes, webcrypto } from "node:crypto";
import type { Role } from "@kevo/core/identity/role.ts";
import { roleUri } from "@kevo/core/identity/tls.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 24 * 3600 * 1000;
/** Clocks of hosts differ a little. */
const EARLIER_MS = 10 * 60 * 1000;
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Upper-case hexadecimal, as TLS reports it. */
  readonly serial: string;
  readonly expires: Date;
}

async function library() {
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}

const newSerial = () => `0${randomBytes(15).toString("hex")}`.slice(0, 30).replace(/^00/, "01");

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
}

export async function makeAuthorityCertificate(name: string, days: number): Promise<Certificate> {
  const x509 = await library();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const serial = newSerial();
  const expires = new Date(Date.now() + days * DAY_MS);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial,
    name: [{ CN: [name] }],
    notBefore: new Date(Date.now() - EARLIER_MS),
    notAfter: expires,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return { cert: made.toString("pem"), key: await keyPem(keys.privateKey), serial: serial.toUpperCase(), expires };
}

export interface Subject {
  readonly role: Role;
  readonly name: string;
  readonly days: number;
}

/** @param authority PEM of its certificate and key */
export async function issueCertificate(
  authority: { readonly cert: string; readonly key: string },
  { role, name, days }: Subject,
): Promise<Certificate> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.cert);
  const der = Buffer.from(authority.key.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const serial = newSerial();
  const expires = new Date(Math.min(Date.now() + days * DAY_MS, issuer.notAfter.getTime()));
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: [{ CN: [name] }],
    issuer: issuer.subject,
    notBefore: new Date(Math.min(Date.now() - EARLIER_MS, expires.getTime() - EARLIER_MS)),
    notAfter: expires,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([CLIENT_AUTH, SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: roleUri(role) }]),
    ],
  });
  return { cert: made.toString("pem"), key: await keyPem(keys.privateKey), serial: serial.toUpperCase(), expires };
}
