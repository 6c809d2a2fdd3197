/** What `npm run test:live` would notice, tried on the fakes. */
import { afterEach, expect, test, vi } from "vitest";
import { startFakeArxiv } from "../fakes/arxiv/server.ts";
import { AS_OF, POSTS } from "../fakes/corpus/corpus.ts";
import { startFakeExa } from "../fakes/exa/server.ts";
import { startFakeX } from "../fakes/x/server.ts";
import { checkService, SERVICES } from "./services.ts";

afterEach(() => vi.unstubAllEnvs());

const keys = { X_API_KEY: "synthetic-key", EXA_API_KEY: "synthetic-key" };
const outcomes = async (environment: NodeJS.ProcessEnv) =>
  (await Promise.all(SERVICES.map((service) => checkService(service, environment)))).map(({ outcome }) => outcome);

test("services without a key are skipped, by the variable's name", async () => {
  const [x] = SERVICES;
  expect(await checkService(x as (typeof SERVICES)[0], {})).toMatchObject({ message: "skipped: set X_API_KEY" });
});

test("the fakes have the shapes that are looked for", async () => {
  await using x = await startFakeX({ posts: POSTS, now: AS_OF });
  await using exa = await startFakeExa();
  await using arxiv = await startFakeArxiv();
  vi.stubEnv("X_BASE_URL", x.url);
  vi.stubEnv("EXA_BASE_URL", exa.url);
  vi.stubEnv("ARXIV_BASE_URL", arxiv.url);
  expect(await outcomes(keys)).toEqual(["ok", "ok", "ok"]);
});

test("a service that fails or answers otherwise is reported", async () => {
  await using x = await startFakeX({ posts: [], now: AS_OF });
  await using exa = await startFakeExa({ scenario: "401" });
  await using arxiv = await startFakeArxiv({ scenario: "error-200" });
  vi.stubEnv("X_BASE_URL", x.url);
  vi.stubEnv("EXA_BASE_URL", exa.url);
  vi.stubEnv("ARXIV_BASE_URL", arxiv.url);
  expect(await outcomes(keys)).toEqual(["differs", "failed", "failed"]);
});
