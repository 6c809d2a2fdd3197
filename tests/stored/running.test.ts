/** Runs and recordings that release 0.1.0 stored go on, repeat and replay. */
import { expect, test } from "vitest";
import { answersOf, RUN, releaseWorkplace } from "./release.fixture.ts";

const WITHOUT_MODELS = { LLM_BASE_URL: "", XAI_API_KEY: "", OPENAI_API_KEY: "", ANTHROPIC_API_KEY: "" };

test("repeated, resumed and replayed with the results of then", async () => {
  await using place = releaseWorkplace();
  const answers = answersOf(place).filter(({ command: [name] }) => name === "start" || name === "resume");
  expect(answers.map(({ command }) => command.join(" "))).toEqual([
    `start --replay-run ${RUN.sync}`,
    `start --replay-run ${RUN.llm}`,
    `resume ${RUN.interrupted}`,
    "start --space recorded.json",
  ]);
  for (const { command, answer } of answers) {
    const { best, evaluations, ...others } = answer as { best: { candidate: string }; evaluations: object };
    // More than the recording has.
    const limit = command.includes("--space") ? ["--evaluations", "20"] : [];
    const { code, stdout, stderr } = await place.run("coordinator", [...command, ...limit, "--json"], WITHOUT_MODELS);
    expect(code, stderr).toBe(0);
    const today = JSON.parse(stdout.trim().split("\n").at(-1) as string);
    expect(today).toMatchObject(others);
    // The others propose what today's programs propose.
    if (command.includes("--replay-run")) {
      expect(today).toMatchObject({ best: { ...best, candidate: `${today.run}/${best.candidate}` }, evaluations });
    }
  }
  const ledger = place.ledger();
  // What was interrupted has spent its budget now, and counted nothing twice.
  const [counted] = ledger.query<{ n: number; candidates: number }>(
    "select count(*) n, count(distinct candidate) candidates from evaluations where run = ?",
    RUN.interrupted,
  );
  expect(counted).toEqual({ n: 60, candidates: 60 });
  // Once today's programs have written here, the names of then are nowhere that they look.
  for (const [table, column] of [
    ["candidates", "proposer"],
    ["model_calls", "proposer"],
    ["log", "entry"],
    ["runs", "result"],
  ]) {
    for (const name of ["grok", "kin"]) {
      const found = ledger.query(`select * from ${table} where ${column} like '%"${name}"%' or ${column} = '${name}'`);
      expect(found).toEqual([]);
    }
  }
  const states = ledger.query<{ state: string }>("select distinct state from evaluators order by state");
  expect(states.map(({ state }) => state)).toEqual(["disconnected", "lost", "serving"]);
});
