/** Imports what its arguments name, and prints what each import and `require` on the way led to. */
import { registerHooks } from "node:module";

const found: [specifier: string, parent: string | undefined, url: string, format: string | null][] = [];
const hooks = registerHooks({
  resolve: (specifier, context, next) => {
    const result = next(specifier, context);
    found.push([specifier, context.parentURL, result.url, result.format ?? null]);
    return result;
  },
});
for (const name of process.argv.slice(2)) await import(name);
hooks.deregister();
console.log(JSON.stringify(found));
