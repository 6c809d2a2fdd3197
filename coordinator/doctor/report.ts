/** The findings for a person: the met requirements, then the missing ones by purpose. */
import { missingFor } from "./collect.ts";
import { type Finding, PURPOSES } from "./finding.ts";

export function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(({ name, found, detail }) => `  ${found ? "✓" : "–"} ${name.padEnd(width)}  ${detail}`);
  const lacks = missingFor(findings);
  lines.push("");
  if (!lacks.has("cpu")) lines.push(`Ready for ${PURPOSES.cpu}.`);
  for (const [purpose, missing] of lacks) {
    // Keys are a choice, so their names suffice.
    const isKeys = purpose === "literature" || purpose === "remote";
    if (isKeys) {
      lines.push(`For ${PURPOSES[purpose]}, not set: ${missing.map(({ name }) => name).join(", ")}.`);
      continue;
    }
    lines.push(`Missing for ${PURPOSES[purpose]}:`);
    for (const { name, advice } of missing) lines.push(`  ${name}: ${advice}`);
  }
  return lines.join("\n");
}
