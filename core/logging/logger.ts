/** Logs to standard error as JSON lines. Level from `KEVO_LOG`; keys are blackened by name and by value. */
import { type DestinationStream, destination, type Logger, pino } from "pino";
import { readEnvironment } from "../config/environment.ts";
import { secretValues } from "./secrets.ts";

const REDACTED = "[redacted]";
const SECRET_FIELDS = ["token", "apiKey", "api_key", "authorization", "password", "secret"];

export type { Logger };

/** @throws UserError (code 2) when `KEVO_LOG` is no level. */
export function createLogger(
  name: string,
  environment: NodeJS.ProcessEnv = process.env,
  // Synchronous, so that the last line before a crash is written.
  sink: DestinationStream = destination({ fd: 2, sync: true }),
): Logger {
  const secrets = secretValues(environment);
  const blacken = (line: string) =>
    // The line may contain a secret as JSON wrote it, with escapes.
    secrets.reduce(
      (text, secret) => text.replaceAll(secret, REDACTED).replaceAll(JSON.stringify(secret).slice(1, -1), REDACTED),
      line,
    );
  return pino(
    {
      name,
      level: readEnvironment(environment).KEVO_LOG,
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: REDACTED },
      hooks: { streamWrite: blacken },
    },
    sink,
  );
}
