/** The server's configuration file: where it listens, whom it lets in, and what each of them may say and hear. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, formatAddress } from "@kevo/core/config/address.ts";
import { permissionsOf } from "@kevo/core/identity/nats-permissions.ts";
import type { Admission, NatsUser, TlsFiles } from "./admission.ts";

export interface ServerSettings {
  readonly listen: Address;
  readonly name: string;
  readonly admission: Admission;
}

/** Of all streams together; each has its own bounds. */
const MAX_STORE_BYTES = 16 * 1024 ** 3;
const MAX_CONNECTIONS = 1024;
/** A client that has not authenticated by then is disconnected. */
const AUTHORIZATION_TIMEOUT_S = 3;

export const configPath = (dir: string) => join(dir, "nats-server.conf");

/** JSON strings are valid strings of the configuration, as long as they hold printable ASCII. */
export function renderConfig(dir: string, { listen, name, admission }: ServerSettings): string {
  return [
    "# Written by KernelEvolve at each start.",
    `listen: ${JSON.stringify(formatAddress(listen))}`,
    `server_name: ${JSON.stringify(name)}`,
    "jetstream {",
    // The log's truth is in SQLite, so the store need not sync each message.
    `  store_dir: ${JSON.stringify(join(dir, "store"))}`,
    `  max_file_store: ${MAX_STORE_BYTES}`,
    "}",
    `max_connections: ${MAX_CONNECTIONS}`,
    ...(admission.tls === null ? [] : renderTls(admission.tls)),
    "authorization {",
    `  timeout: ${AUTHORIZATION_TIMEOUT_S}`,
    "  users = [",
    ...admission.users.map((user) => `    ${renderUser(user)}`),
    "  ]",
    "}",
    "",
  ].join("\n");
}

function renderTls({ ca, cert, key, optional }: TlsFiles): string[] {
  const [caFile, certFile, keyFile] = [ca, cert, key].map((path) => JSON.stringify(path));
  return [
    "tls {",
    `  ca_file: ${caFile}`,
    `  cert_file: ${certFile}`,
    `  key_file: ${keyFile}`,
    "  verify: true",
    `  timeout: ${AUTHORIZATION_TIMEOUT_S}`,
    "}",
    ...(optional ? ["allow_non_tls: true"] : []),
  ];
}

function renderUser({ role, publicKey }: NatsUser): string {
  const permissions = permissionsOf(role, publicKey);
  if (permissions === null) return `{ nkey: ${publicKey} }`;
  const list = (subjects: readonly string[]) => `{ allow: ${JSON.stringify(subjects)} }`;
  const { publish, subscribe } = permissions;
  return `{ nkey: ${publicKey}, permissions: { publish: ${list(publish)}, subscribe: ${list(subscribe)} } }`;
}

export function readConfig(dir: string): string | null {
  try {
    return readFileSync(configPath(dir), "utf8");
  } catch {
    return null;
  }
}

export function writeConfig(dir: string, text: string): void {
  const temporary = `${configPath(dir)}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, configPath(dir));
}
