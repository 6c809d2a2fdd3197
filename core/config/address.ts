/** HOST:PORT of options such as --listen, --advertise, --evaluator and --nats-listen. */
import { isIP } from "node:net";
import { UserError } from "../errors/user-error.ts";

export interface Address {
  /** Name or IP, an IPv6 address without brackets. */
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
}

/** @throws UserError (code 2) that names the option and the value. */
export function parseAddress(text: string, option: string, { anyPort = false } = {}): Address {
  const match = /^(?:\[([^\]]+)\]|([^:\s/[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  const bracketed = match?.[1] !== undefined;
  if (host === undefined || (bracketed && isIP(host) !== 6)) {
    throw new UserError(
      `${option} ${text}: this is not HOST:PORT. Write for example 127.0.0.1:4100, gpu-host:4100 or [::1]:4100.`,
      2,
    );
  }
  if (port > 65535 || (port === 0 && !anyPort)) {
    throw new UserError(`${option} ${text}: the port must be between ${anyPort ? 0 : 1} and 65535, not ${port}.`, 2);
  }
  return { host, port };
}

export function formatAddress({ host, port }: Address): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** True where only this host can reach it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
