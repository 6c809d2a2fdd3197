/** The identity of a genome: equal hash, equal configuration and code, in any order of keys. */
import { createHash } from "node:crypto";
import type { Config } from "@kevo/proto/search-space.ts";
import canonicalize from "canonicalize";

/** SHA-256, lower-case hexadecimal, of the canonical JSON (RFC 8785) of {config, source}. */
export function genomeHash({ config, source }: { config: Config; source: string | null }): string {
  return createHash("sha256")
    .update(canonicalize({ config, source }) as string)
    .digest("hex");
}
