/** `npm run docs`: writes the pages that are made from the programs. */
import { writeFileSync } from "node:fs";
import { CLI_PAGE, renderCliPage } from "./pages.ts";

writeFileSync(CLI_PAGE, await renderCliPage());
console.error("Wrote docs/cli.md.");
