/** Reads `kernel.json` and checks that it means something: files there, space not empty, default and baselines in it. */
import { isWithoutCode } from "@kevo/proto/backend-name.ts";
import { type KernelDefinition, kernelDefinition } from "@kevo/proto/kernel.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { parseJson } from "../config/json.ts";
import { describeIssues } from "../errors/issues.ts";
import { UserError } from "../errors/user-error.ts";
import { openActivity } from "../search-space/activity.ts";
import { beyondCapability } from "../search-space/capability.ts";
import { compileConstraint, describeUndefined } from "../search-space/constraint.ts";
import { encodeConfig } from "../search-space/encoding.ts";
import { checkConfigLength } from "../search-space/limits.ts";
import { openParameter } from "../search-space/parameter.ts";
import { openSpace, type SearchSpace } from "../search-space/search-space.ts";
import { checkArguments } from "./arguments.ts";
import { checkLaunches } from "./launches.ts";
import { checkName, type Language, languageOf } from "./names.ts";

export const DEFINITION_FILE = "kernel.json";

/** @throws UserError (code 2) that names the field. `where` is for messages. */
export function parseDefinition(text: string, where: string): KernelDefinition {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    throw new UserError(`${where} is not JSON: ${(error as Error).message}`, 2);
  }
  const result = kernelDefinition.safeParse(json);
  if (!result.success) throw new UserError(`${where}: ${describeIssues(result.error, json)}.`, 2);
  return result.data;
}

/**
 * @param paths files of the folder
 * @throws UserError (code 2) on a missing file, a name used twice, or a configuration outside the space.
 */
export function checkDefinition(definition: KernelDefinition, paths: ReadonlySet<string>, where: string): void {
  const wrong = (what: string) => new UserError(`${where}: ${what}`, 2);
  for (const field of ["source", "reference", "comparison"] as const) {
    const file = definition[field];
    if (file !== null && !paths.has(file)) throw wrong(`${field}: the kernel's folder has no file ${file}.`);
  }
  naming(where, () => checkArguments(definition, (what) => new UserError(what, 2)));
  noneTwice(definition.workloads, "workloads", wrong);
  noneTwice(definition.baselines, "baselines", wrong);
  for (const parameter of definition.parameters) {
    if (!("requires" in parameter)) continue;
    const known = new Set(parameter.values.map(String));
    const unknown = Object.keys(parameter.requires ?? {}).find((value) => !known.has(value));
    if (unknown !== undefined) {
      throw wrong(`parameter ${parameter.name}: requires lists ${unknown}, which is not one of its values.`);
    }
  }

  const hasCode = !definition.backends.every(isWithoutCode);
  const language = languageOfMacros(definition, wrong);
  naming(where, () => {
    checkLaunches(definition);
    if (hasCode) for (const { name } of definition.parameters) checkName(name, language);
    checkConfigLength(definition.parameters);
    const { neverActive } = openActivity(definition.parameters.map(openParameter), null);
    if (neverActive !== null) {
      throw new UserError(
        `parameter ${neverActive} is never active: its activeWhen holds for no combination of values.`,
        2,
      );
    }
    if (definition.members !== undefined && definition.parameters.some(({ activeWhen }) => activeWhen !== undefined)) {
      throw new UserError("members and activeWhen exclude each other: list canonical configurations only.", 2);
    }
  });
  // A wrong default is reported below, by name; a right one is the start where the solver finds no other.
  const start = definition.default !== null && holdsIn(definition, definition.default) ? definition.default : null;
  const space = naming(where, () => openSpace({ ...definition, default: start, baselines: [] }));
  if (!hasCode) {
    if (definition.backends.includes("objective") && definition.objective === undefined)
      throw wrong("objective: the backend objective needs the name of the value and which way is better.");
    return;
  }
  if (definition.default === null)
    throw wrong("default: null is reserved for recorded spaces; give a value for every parameter.");
  if (definition.source === null)
    throw wrong("source: null is reserved for recorded spaces; name the file that contains the kernel's code.");
  if (definition.reference === null)
    throw wrong("reference: null is reserved for recorded spaces; name the file that contains the reference.");
  checkConfig(definition.default, "default", definition, space, where);
  for (const { name, config } of definition.baselines) {
    checkConfig({ ...definition.default, ...config }, `baseline ${name}`, definition, space, where);
  }
}

/** Of the code that the parameters reach as macros; null where they do not. What is compiled has a file name that says how. */
function languageOfMacros(definition: KernelDefinition, wrong: (what: string) => UserError): Language | null {
  const { backends, source } = definition;
  if (backends.includes("cpu")) return languageOfC(definition, wrong);
  if (!backends.includes("cuda")) return null;
  if (source?.endsWith(".cu") === false) throw wrong(`source: ${source} is not CUDA C++ (.cu); rename it.`);
  return "C++";
}

function languageOfC({ source, reference }: KernelDefinition, wrong: (what: string) => UserError) {
  for (const [field, file] of Object.entries({ source, reference })) {
    if (file !== null && languageOf(file) === null)
      throw wrong(`${field}: ${file} is neither C (.c) nor C++ (.cpp, .cc, .cxx); rename it.`);
  }
  return source === null ? "C" : languageOf(source);
}

/** Whether a configuration is in the space, without looking for others. */
function holdsIn(definition: KernelDefinition, config: Config): boolean {
  try {
    const parameters = definition.parameters.map(openParameter);
    const genes = encodeConfig(config, parameters);
    return definition.constraints.every((text) => compileConstraint(text, parameters).holds(genes));
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function checkConfig(
  config: Config,
  what: string,
  definition: KernelDefinition,
  space: SearchSpace,
  where: string,
): void {
  const genes = naming(`${where}: ${what}`, () => space.encode(config));
  const beyond = beyondCapability(definition, config, null);
  if (beyond !== null) throw new UserError(`${where}: ${what} must run on every device, and ${beyond}.`, 2);
  const canonical = space.decode(genes);
  const inactive = space.parameters.find(
    ({ name }) => JSON.stringify(config[name]) !== JSON.stringify(canonical[name]),
  );
  if (inactive !== undefined) {
    const [value, usual] = [config[inactive.name], canonical[inactive.name]].map((one) => JSON.stringify(one));
    throw new UserError(
      `${where}: ${what} sets ${inactive.name} to ${value}, but it is inactive there; omit it or write ${usual}.`,
      2,
    );
  }
  if (space.isValid(genes)) return;
  const broken = definition.constraints
    .map((text) => compileConstraint(text, space.parameters))
    .find((constraint) => !constraint.holds(genes));
  const undefinedThere = broken?.undefinedAt(genes) ?? null;
  const why = undefinedThere === null ? "" : `: ${describeUndefined(undefinedThere)}`;
  throw new UserError(
    `${where}: ${what} breaks ${broken === undefined ? "the space" : `the constraint ${broken.text}`}${why}.`,
    2,
  );
}

function noneTwice(items: readonly { name: string }[], field: string, wrong: (what: string) => UserError): void {
  const seen = new Set<string>();
  for (const { name } of items) {
    if (seen.has(name)) throw wrong(`${field}: the name ${name} occurs twice.`);
    seen.add(name);
  }
}

/** The errors of the search space do not know which file they are about. */
function naming<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${where}: ${error.message}`, 2);
    throw error;
  }
}
