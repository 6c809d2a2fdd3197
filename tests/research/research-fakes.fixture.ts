/** Shared by the tests of the research stage: all four fakes, and the environment that points at them. */
import { startFakeArxiv } from "../fakes/arxiv/server.ts";
import { AS_OF, POSTS } from "../fakes/corpus/corpus.ts";
import { startFakeExa } from "../fakes/exa/server.ts";
import { sourceEnvironment } from "../fakes/source-environment.ts";
import { startFakeX } from "../fakes/x/server.ts";
import { researchAnswers } from "../fakes/xai/research-answers.ts";
import { type FakeXai, startFakeXai } from "../fakes/xai/server.ts";

export const DOMAIN = "attention kernels with online softmax on CPUs";
/** Small enough for a test: one round, few works. */
export const DISCOVER = ["--domain", DOMAIN, "--synthetic", "--max-results", "12", "--until", "2026-11-20"];
/** And of the evolution one workload and few evaluations. */
export const RUN = [...DISCOVER, "--workload", "w64-l256", "--evaluations", "3", "--islands", "1", "--seed", "7"];

type Sources = Awaited<ReturnType<typeof startSources>>;

export interface Fakes extends AsyncDisposable {
  readonly xai: FakeXai;
  readonly sources: Sources;
  /** Keys and addresses. */
  readonly env: NodeJS.ProcessEnv;
  /** Calls of models and sources so far. */
  calls(): { models: number; sources: number };
}

/** Nothing of the surroundings reaches a run. */
export const NO_KEYS: NodeJS.ProcessEnv = Object.fromEntries(
  [
    ...["XAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "LLM_BASE_URL", "X_API_KEY", "EXA_API_KEY"],
    ...["X_BASE_URL", "EXA_BASE_URL", "ARXIV_BASE_URL", "X_AUTHORS"],
  ].map((name) => [name, ""]),
);

async function startSources() {
  const [x, exa, arxiv] = await Promise.all([
    startFakeX({ posts: POSTS, now: AS_OF }),
    startFakeExa(),
    startFakeArxiv(),
  ]);
  return { x, exa, arxiv };
}

export async function startFakes(): Promise<Fakes> {
  const [sources, xai] = await Promise.all([startSources(), startFakeXai({ answerers: researchAnswers })]);
  const { x, exa, arxiv } = sources;
  return {
    xai,
    sources,
    env: {
      ...NO_KEYS,
      LLM_BASE_URL: xai.url,
      ...sourceEnvironment(sources),
    },
    calls: () => ({
      models: xai.received.length,
      sources: x.requests.length + exa.requests.length + arxiv.requests.length,
    }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([xai.close(), ...[x, exa, arxiv].map((source) => source[Symbol.asyncDispose]())]);
    },
  };
}
