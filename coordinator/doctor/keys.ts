/** Keys, by name only: set or not. */
import { KNOWN_KEYS } from "@kevo/core/logging/secrets.ts";
import { type Finding, found, missing } from "./finding.ts";

export function keyFindings(environment: NodeJS.ProcessEnv): Finding[] {
  return KNOWN_KEYS.map((name) => {
    const purposes = name === "KEVO_TOKEN" ? (["remote"] as const) : (["literature"] as const);
    return environment[name]
      ? found(name, "set", purposes)
      : missing(name, "not set", purposes, `Set ${name} if you want to use it.`);
  });
}
