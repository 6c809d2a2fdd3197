import { labelledRandom } from "@kevo/core/random/random.ts";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { expect, it } from "vitest";
import { nicheOf, openKnowledge, surrogateOf } from "./knowledge.ts";
import { specOf, tell } from "./ridge.fixture.ts";
import { PRIORS, sparsePriors } from "./surrogate/covariance.ts";
import { openPool } from "./surrogate/pool.ts";
import { openSurrogate } from "./surrogate/surrogate.ts";

const flags = Array.from({ length: 12 }, (_, at) => `FLAG_${at}`);
const space = openSpace({ parameters: flags.map((name) => ({ name, type: "boolean" })), constraints: [] });
const timeOf = (config: Config) => flags.reduce((time, name, at) => time + (config[name] ? 0.5 ** at : 0), 1);

/** What the surrogate proposes after twenty random results, by the run's specification and by an own one. */
function proposedBy(spec: RunSpec) {
  const knowledge = openKnowledge(space, spec);
  const random = labelledRandom("flags");
  const configs = Array.from({ length: 20 }, () => space.decode(space.sample(random)));
  tell(knowledge, 0, configs, timeOf);
  const niche = nicheOf(knowledge, 0);
  const { coordinates } = knowledge;
  const [key] = knowledge.niches.keys();
  const propose = (of: ReturnType<typeof surrogateOf>) => of?.propose((each) => niche.keys.has(each), []);
  return {
    asked: propose(surrogateOf(niche)),
    with: (priors: typeof PRIORS) =>
      propose(
        openSurrogate(coordinates, openPool(space, coordinates), priors, `${spec.seed}/${key}`).given(
          niche.observations,
        ),
      ),
    sparse: sparsePriors(coordinates.list),
  };
}

it("expects less of each of many unordered parameters, but in a run of before, which keeps its search", () => {
  const today = proposedBy({ ...specOf(), sparse_priors: true });
  expect(today.asked).toEqual(today.with(today.sparse));
  const before = proposedBy(specOf());
  expect(before.asked).toEqual(before.with(PRIORS));
  expect(before.asked?.acquisition).not.toBe(today.asked?.acquisition);
  // Equal results, equal proposals.
  expect(proposedBy({ ...specOf(), sparse_priors: true }).asked).toEqual(today.asked);
});
