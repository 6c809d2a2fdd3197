/** Keys never leave this folder: what came from outside is searched for them before it is stored or said. */
import { stripVTControlCharacters } from "node:util";
import { secretValues } from "../logging/secrets.ts";
import { cut } from "../text/cut.ts";

export type Redact = (text: string) => string;

/** Blackens the given key and every other key of the environment. */
export function redactor(key: string | null, environment: NodeJS.ProcessEnv): Redact {
  const secrets = secretValues(environment);
  if (key !== null && key.length >= 4 && !secrets.includes(key)) secrets.push(key);
  return (text) => secrets.reduce((said, secret) => said.replaceAll(secret, "[redacted]"), text);
}

/** One line of at most this many characters, without the control characters that would move a terminal's cursor. */
export function oneLine(text: string, length = 300): string {
  const line = stripVTControlCharacters(text)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
  return cut(line, length);
}
