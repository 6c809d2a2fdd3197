/** The layers of the sandbox that this host allows. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { prepareSandbox } from "@kevo/core/sandbox/sandbox.ts";
import { type Finding, found, missing } from "./finding.ts";

const ADVICE = "It needs Linux 5.13 or newer, or user namespaces; see docs/sandbox.md.";

/** Builds it as an evaluator does, and tries it. */
export async function sandboxFinding(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), "kevo-doctor-"));
  try {
    const compiler = (environment.CC?.trim() || "cc").split(/\s+/);
    const { contains, description } = await prepareSandbox(folder, { compiler, path: environment.PATH ?? "" });
    return contains ? found("sandbox", description, ["code"]) : missing("sandbox", description, ["code"], ADVICE);
  } catch (error) {
    const why = reasonOf(error).split("\n")[0] ?? "";
    return missing(
      "sandbox",
      `it cannot be built on this machine: ${why}`,
      ["code"],
      `Install a C compiler. ${ADVICE}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
