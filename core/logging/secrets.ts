/** Which environment variables are keys. Their values never reach a log or a candidate's process. */

/** Keys that this project knows and `doctor` reports as set or not. */
export const KNOWN_KEYS = [
  "XAI_API_KEY",
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "EXA_API_KEY",
  "X_API_KEY",
  "KEVO_TOKEN",
] as const;

const SECRET_NAME = /(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$/i;

export function isSecretName(name: string): boolean {
  return (KNOWN_KEYS as readonly string[]).includes(name) || SECRET_NAME.test(name);
}

/** Values of the keys that are set; short ones are left out, since they would blacken ordinary text. */
export function secretValues(environment: NodeJS.ProcessEnv = process.env): string[] {
  return Object.entries(environment)
    .filter(([name, value]) => isSecretName(name) && value !== undefined && value.length >= 8)
    .map(([, value]) => value as string)
    .sort((a, b) => b.length - a.length);
}
