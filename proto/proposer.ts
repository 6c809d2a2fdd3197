/** The name of the method that proposed a candidate. Later releases add names, so readers accept any. */
import { z } from "zod";

/** Names of earlier releases, which occur in databases, logs and recordings. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["grok", "llm"],
  ["kin", "transfer"],
]);

/** The name of today for a stored one. */
export const proposerName = (stored: string): string => RENAMED.get(stored) ?? stored;

export const proposer = z.string().min(1).max(100).overwrite(proposerName);
