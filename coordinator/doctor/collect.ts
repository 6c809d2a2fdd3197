/** Looks at everything that KernelEvolve uses. */
import { type Finding, PURPOSES, type Purpose } from "./finding.ts";
import { coresFinding, databaseFinding, diskFinding, environmentFinding, nodeFinding } from "./host.ts";
import { keyFindings } from "./keys.ts";
import { sandboxFinding } from "./sandbox.ts";
import { compilerFinding, cppCompilerFinding, gpuFindings, natsFinding, pythonFindings } from "./tools.ts";

/** In the order in which they are shown. Nothing is changed, and no key's value is read into a finding. */
export async function collectFindings(environment: NodeJS.ProcessEnv = process.env): Promise<Finding[]> {
  const [database, disk, compiler, cppCompiler, sandbox, gpus, python] = await Promise.all([
    databaseFinding(),
    diskFinding(process.cwd()),
    compilerFinding(environment),
    cppCompilerFinding(environment),
    sandboxFinding(environment),
    gpuFindings(environment),
    pythonFindings(environment),
  ]);
  return [
    nodeFinding(),
    database,
    natsFinding(environment),
    compiler,
    cppCompiler,
    sandbox,
    environmentFinding(environment),
    coresFinding(),
    disk,
    ...gpus,
    ...python,
    ...keyFindings(environment),
  ];
}

/** The missing requirements of each purpose; only purposes that lack one. */
export function missingFor(findings: readonly Finding[]): Map<Purpose, Finding[]> {
  const lacks = new Map<Purpose, Finding[]>();
  for (const purpose of Object.keys(PURPOSES) as Purpose[]) {
    const missing = findings.filter(({ found, neededFor }) => !found && neededFor.includes(purpose));
    if (missing.length > 0) lacks.set(purpose, missing);
  }
  return lacks;
}

/** The default job can run, and a model that was asked answers. */
export function isReady(findings: readonly Finding[]): boolean {
  const lacks = missingFor(findings);
  return !lacks.has("cpu") && !lacks.has("model");
}
