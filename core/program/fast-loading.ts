/**
 * Makes a program start fast. An entry file imports this first, and everything else dynamically afterwards: modules
 * imported statically beside it are resolved and compiled before this takes effect.
 */
import { enableCompileCache, type ResolveFnOutput, registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

// Compiled code of the programs, types stripped; for the programs that this one starts, too. Where the folder cannot
// be written, they start without it.
process.env.NODE_COMPILE_CACHE ||= fileURLToPath(new URL("../../node_modules/.cache/kevo", import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);

/**
 * Node looks on the disk for each file that an import names, and parses a package's package.json for each: drizzle's has
 * 180 kB, and a program loads 150 files of it. Files of these packages name each other as they are called, which holds for
 * each of their files here; what nobody knows is left to Node.
 */
const MODULES = /\/node_modules\/(?:drizzle-orm|zod|cockatiel|commander)\/.*\.js$/;
/** The same for packages that `require` their files, and leave out the ending. */
const COMMON = /\/node_modules\/(?:nats\/lib|nkeys\.js\/lib|@grpc\/grpc-js\/build\/src)\/.*\.js$/;
const NAMED_FILE = /^\.{1,2}\/.*\.js$/;
const NAMED_WITHOUT_ENDING = /^\.{1,2}\/(?:.*\/)?[\w-]+$/;
/** Zod's messages in sixty languages, of which none but English is shown: a third of its files, and 6 MB in each thread. */
const LANGUAGES = "../locales/index.js";
const IN_ZOD = /\/node_modules\/zod\/v4\/\w+\/\w+\.js$/;
/** Our own files name each other, and packages, a thousand times in a program. Workspaces lie side by side. */
const WORKSPACE = "@kevo/";
const OWN_FILE = /^(?:\.{1,2}|@kevo)\/.*\.ts$/;
const PACKAGE = /^[@a-z][^:]*$/;
const ROOT = new URL("../../", import.meta.url).href;
const OURS = { format: "module-typescript", shortCircuit: true } as const;
const resolved = new Map<string, ResolveFnOutput>();

registerHooks({
  resolve: (specifier, context, next) => {
    const { parentURL, conditions } = context;
    if (parentURL === undefined) return next(specifier, context);
    if (conditions.includes("require")) {
      return NAMED_WITHOUT_ENDING.test(specifier) && COMMON.test(parentURL)
        ? { url: new URL(`${specifier}.js`, parentURL).href, format: "commonjs", shortCircuit: true }
        : next(specifier, context);
    }
    if (specifier.startsWith("node:")) return { url: specifier, format: "builtin", shortCircuit: true };
    if (parentURL.startsWith(ROOT) && parentURL.endsWith(".ts")) {
      if (OWN_FILE.test(specifier)) return { url: ownFile(specifier, parentURL), ...OURS };
      if (PACKAGE.test(specifier)) return knownPackage(specifier, parentURL, () => next(specifier, context));
    }
    if (specifier === LANGUAGES && IN_ZOD.test(parentURL)) return next("../locales/en.js", context);
    return NAMED_FILE.test(specifier) && MODULES.test(parentURL)
      ? { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true }
      : next(specifier, context);
  },
});

function ownFile(specifier: string, parentURL: string): string {
  const fromRoot = specifier.startsWith(WORKSPACE);
  return fromRoot ? ROOT + specifier.slice(WORKSPACE.length) : new URL(specifier, parentURL).href;
}

/** What one file of a folder of ours imports by name, its other files do too. */
function knownPackage(specifier: string, parentURL: string, find: () => ResolveFnOutput): ResolveFnOutput {
  const key = `${parentURL.slice(ROOT.length).split("/", 1)[0]} ${specifier}`;
  const known = resolved.get(key) ?? { ...find(), shortCircuit: true };
  resolved.set(key, known);
  return known;
}
