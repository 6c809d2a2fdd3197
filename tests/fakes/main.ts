/**
 * Starts the fakes of X, Exa and arXiv as one process, until it is ended, and prints one line of JSON: the
 * environment that points the research stage at them.
 *
 *     node tests/fakes/main.ts [--x SCENARIO] [--exa SCENARIO] [--arxiv SCENARIO]
 *
 * A scenario is a list such as `429:2,503*3,ok` (see `http/fault.ts`); the last step repeats for ever.
 */
import { parseArgs } from "node:util";
import { startFakeArxiv } from "./arxiv/server.ts";
import { AS_OF, POSTS } from "./corpus/corpus.ts";
import { startFakeExa } from "./exa/server.ts";
import { sourceEnvironment } from "./source-environment.ts";
import { startFakeX } from "./x/server.ts";

const text = { type: "string", default: "ok" } as const;
const { values } = parseArgs({ options: { x: text, exa: text, arxiv: text } });

const [x, exa, arxiv] = await Promise.all([
  startFakeX({ posts: POSTS, now: AS_OF, scenario: values.x }),
  startFakeExa({ scenario: values.exa }),
  startFakeArxiv({ scenario: values.arxiv }),
]);
console.log(JSON.stringify(sourceEnvironment({ x, exa, arxiv })));
