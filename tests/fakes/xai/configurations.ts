/**
 * The fake's answers to a question for configurations: it reads the space, the best and the measurements from the
 * prompt, as a model would, and proposes plausible valid neighbours of the best.
 */
import { labelledRandom, type Random } from "@kevo/core/random/random.ts";
import { type Genes, openSpace, type SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { type Config, config, searchSpaceDefinition } from "@kevo/proto/search-space.ts";
import { type Answerer, HOSTILE } from "./answer.ts";

const TRIES = 200;

export const configurations: Answerer = ({ request, name, behaviour, random }) => {
  if (name !== "propose_configurations") return undefined;
  const question = request.messages.findLast(({ role }) => role === "user")?.content ?? "";
  const asked = request.messages.find(({ content }) => content.includes("## parameters"))?.content ?? question;
  const space = spaceIn(asked);
  const wanted = Number(/Propose (\d+) configurations/.exec(asked)?.[1] ?? 4);
  const best = [...sectionOf(asked, "best").matchAll(/: (\{.*\}) \(by /g)]
    .map(([, text]) => config.parse(JSON.parse(text as string)))
    .map((one) => space.encode(one));
  const generator = labelledRandom(String(random()));
  const chosen = new Map<number | string, Genes>(best.map((genes) => [space.keyOf(genes), genes]));
  const proposals: { configuration: Config; reason: string }[] = [];
  for (let tries = 0; tries < TRIES && proposals.length < wanted; tries++) {
    const parent = best[generator.integer(Math.max(1, best.length))];
    const genes = parent === undefined ? space.sample(generator) : varied(space, parent, generator);
    if (genes === null || chosen.has(space.keyOf(genes))) continue;
    chosen.set(space.keyOf(genes), genes);
    proposals.push({ configuration: space.decode(genes), reason: reasonOf(space, parent, genes) });
  }
  if (behaviour === "duplicates") {
    const known = best[0] === undefined ? proposals[0]?.configuration : space.decode(best[0]);
    return { configurations: proposals.map(({ reason }) => ({ configuration: known, reason })) };
  }
  if (behaviour === "breaks-constraint") return { configurations: proposals.map((one) => broken(space, one)) };
  if (behaviour === "hostile") {
    return { configurations: proposals.map((one) => ({ ...one, reason: `\u001b[2J${HOSTILE}` })) };
  }
  return { configurations: proposals };
};

function spaceIn(text: string): SearchSpace {
  const parameters = sectionOf(text, "parameters")
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  const constraints = [...sectionOf(text, "constraints").matchAll(/^- (.*)$/gm)]
    .map(([, rule]) => rule as string)
    .filter((rule) => !rule.startsWith("only "));
  return openSpace(searchSpaceDefinition.parse({ parameters, constraints }));
}

function sectionOf(text: string, name: string): string {
  const match = new RegExp(`^## ${name}(?: \\(.*\\))?\\n\\n([\\s\\S]*?)(?=\\n\\n## |$(?![\\s\\S]))`, "m").exec(text);
  return match?.[1] ?? "";
}

/** One or two steps from a good one. */
function varied(space: SearchSpace, parent: Genes, random: Random): Genes | null {
  let genes = parent;
  for (let steps = 1 + random.integer(2); steps > 0; steps--) {
    const neighbours = space.neighbours(genes);
    if (neighbours.length === 0) return null;
    genes = random.choice(neighbours);
  }
  return genes;
}

function reasonOf(space: SearchSpace, parent: Genes | undefined, genes: Genes): string {
  const changed = space.parameters.filter((_, at) => parent?.[at] !== genes[at]).map(({ name }) => name);
  return parent === undefined
    ? "A usual starting point."
    : `Changes ${changed.join(" and ")} of the best, to use the device better.`;
}

/** A value that no parameter has, and none that is near. */
function broken({ parameters }: SearchSpace, { configuration, reason }: { configuration: Config; reason: string }) {
  const [first] = parameters;
  return { configuration: { ...configuration, [first?.name ?? ""]: "none of these" }, reason };
}
