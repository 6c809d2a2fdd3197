/** The server's configuration file. The token stands here, readable by the owner only, not in the process list. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, formatAddress } from "@kevo/core/config/address.ts";

export interface ServerSettings {
  readonly listen: Address;
  readonly name: string;
  readonly token: string | undefined;
}

export const configPath = (dir: string) => join(dir, "nats-server.conf");

/** JSON strings are valid strings of the configuration, as long as they hold printable ASCII. */
export function renderConfig(dir: string, { listen, name, token }: ServerSettings): string {
  return [
    "# Written by KernelEvolve at each start.",
    `listen: ${JSON.stringify(formatAddress(listen))}`,
    `server_name: ${JSON.stringify(name)}`,
    "jetstream {",
    // The log's truth is in SQLite, so the store need not sync each message.
    `  store_dir: ${JSON.stringify(join(dir, "store"))}`,
    "}",
    ...(token === undefined ? [] : ["authorization {", `  token: ${JSON.stringify(token)}`, "}"]),
    "",
  ].join("\n");
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
