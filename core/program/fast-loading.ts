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
 * Node parses a package's package.json whenever it resolves something in that package. Drizzle's has 180 kB, and a
 * program loads some 150 files of it: four fifths of its start, and 130 MB.
 */
const DRIZZLE = /^drizzle-orm(\/|$)/;
const IN_DRIZZLE = /\/node_modules\/drizzle-orm\/.*\.js$/;
/** Zod's messages in sixty languages, of which none but English is shown: a third of its files, and 6 MB in each thread. */
const LANGUAGES = "../locales/index.js";
const IN_ZOD = /\/node_modules\/zod\/v4\/\w+\/\w+\.js$/;
/** Our own files name each other a thousand times in a program. Node would look each time where the file is. */
const WORKSPACE = /^@kevo\/.*\.ts$/;
const OWN_FILE = /^\.{1,2}\/.*\.ts$/;
const resolved = new Map<string, ResolveFnOutput>();

registerHooks({
  resolve: (specifier, context, next) => {
    const { parentURL, conditions } = context;
    if (conditions.includes("require")) return next(specifier, context);
    if (DRIZZLE.test(specifier) || WORKSPACE.test(specifier)) {
      const format = specifier.startsWith("@") ? "module-typescript" : "module";
      const known = resolved.get(specifier) ?? { ...next(specifier, context), format, shortCircuit: true };
      resolved.set(specifier, known);
      return known;
    }
    if (parentURL === undefined) return next(specifier, context);
    if (OWN_FILE.test(specifier) && parentURL.endsWith(".ts")) {
      return { url: new URL(specifier, parentURL).href, format: "module-typescript", shortCircuit: true };
    }
    if (specifier === LANGUAGES && IN_ZOD.test(parentURL)) return next("../locales/en.js", context);
    return specifier.startsWith(".") && IN_DRIZZLE.test(parentURL)
      ? { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true }
      : next(specifier, context);
  },
});
