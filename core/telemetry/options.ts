/** The options about telemetry, of the programs that run for long. */
import { type Command, Option } from "commander";
import { type Address, parseAddress } from "../config/address.ts";

const LOG_FORMATS = ["text", "json"] as const;
type LogFormat = (typeof LOG_FORMATS)[number];

export interface TelemetryOptions {
  /** HOST:PORT. */
  readonly metrics?: string;
  readonly logFormat: LogFormat;
}

export interface Telemetry {
  /** Where metrics are served; null where none are wanted. */
  readonly metrics: Address | null;
  readonly logFormat: LogFormat;
}

export const NO_TELEMETRY: Telemetry = { metrics: null, logFormat: "text" };

export function addTelemetryOptions(command: Command): Command {
  return command
    .option("--metrics <host:port>", "serve Prometheus metrics on this address, under /metrics (default: none)")
    .addOption(
      new Option("--log-format <format>", "how to write on standard error: as text for people, or as JSON lines")
        .choices(LOG_FORMATS)
        .default("text"),
    );
}

/** @throws UserError (code 2) */
export function telemetryOf({ metrics, logFormat }: TelemetryOptions): Telemetry {
  return {
    metrics: metrics === undefined ? null : parseAddress(metrics, "--metrics", { anyPort: true }),
    logFormat,
  };
}
