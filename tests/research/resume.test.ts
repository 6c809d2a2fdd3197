/** Killed after each stage and resumed: no call is repeated, and the result is the same. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { Workplace } from "../support/programs.ts";
import { DISCOVER, DOMAIN, NO_KEYS, startFakes } from "./desk.ts";

vi.setConfig({ testTimeout: 240_000 });

const KILLER = fileURLToPath(new URL("./kill-before.mjs", import.meta.url));
const SHIPPED = fileURLToPath(new URL("../../research-stage/demonstration/recording.json.gz", import.meta.url));
const killing = (when: NodeJS.ProcessEnv) => ({ NODE_OPTIONS: `--import ${KILLER}`, ...when });

function rows(place: Workplace, sql: string): unknown[] {
  const db = new Database(place.file(".kevo/research.db"), { readonly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}

test("discover, live: as many calls as when nobody kills it, and the same report but for its name", async () => {
  const discover = ["discover", ...DISCOVER];
  const report = async (kills: readonly NodeJS.ProcessEnv[]) => {
    await using place = new Workplace();
    await using fakes = await startFakes();
    for (const [at, when] of kills.entries()) {
      const args = at === 0 ? discover : ["resume"];
      const killed = await place.run("research-stage", args, { ...fakes.env, ...killing(when) });
      expect(killed, `${JSON.stringify(when)}: ${killed.stderr}`).toMatchObject({ signal: "SIGKILL" });
    }
    const last = kills.length === 0 ? discover : ["resume"];
    const ended = await place.run("research-stage", [...last, "--json"], fakes.env);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const { run, folder } = JSON.parse(ended.stdout);
    const text = readFileSync(join(folder, "report.md"), "utf8").replaceAll(run, "RUN");
    return { text, calls: fakes.calls() };
  };
  const whole = await report([]);
  const stages = ["claims", "summary", "gaps", "ideas", "novelty"];
  const killed = await report([...stages.map((stage) => ({ KILL_BEFORE: stage })), { KILL_AFTER: "novelty" }]);
  expect(killed.calls).toEqual(whole.calls);
  expect(killed.text).toBe(whole.text);
});

test.skipIf(!existsSync(SHIPPED))(
  "run, evaluations replayed: the same report and package after seven kills",
  async () => {
    const reportOf = async (kills: readonly NodeJS.ProcessEnv[]) => {
      await using place = new Workplace();
      for (const [at, when] of kills.entries()) {
        const args = [at === 0 ? "run" : "resume", "--recording"];
        const killed = await place.run("research-stage", args, { ...NO_KEYS, ...killing(when) });
        expect(killed, JSON.stringify(when)).toMatchObject({ signal: "SIGKILL" });
      }
      const ended = await place.run("research-stage", ["run", "--recording", "--json"], NO_KEYS);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      const { folder, spend_usd } = JSON.parse(ended.stdout);
      const files = ["report.md", "report.html", "package/best.json", "package/README.md", "package/kernel/kernel.c"];
      const calls = rows(place, "select hash, count(*) n from research_calls group by 1 order by 1");
      return { spend_usd, calls, files: files.map((name) => readFileSync(join(folder, name), "utf8")) };
    };
    const stages = ["claims", "summary", "gaps", "ideas", "novelty", "implementation", "optimisation"];
    const killed = await reportOf([...stages.map((stage) => ({ KILL_BEFORE: stage })), { KILL_AFTER: "optimisation" }]);
    expect(killed).toEqual(await reportOf([]));
  },
);

test("a budget is a hard stop, and more of it goes on", async () => {
  await using place = new Workplace();
  await using fakes = await startFakes();
  const small = ["discover", "--domain", DOMAIN, "--max-results", "4", "--budget-usd", "0.07", "--json"];
  const ended = await place.run("research-stage", small, fakes.env);
  expect(ended, ended.stderr).toMatchObject({ code: 1 });
  const stopped = JSON.parse(ended.stdout);
  expect(stopped).toMatchObject({ status: "stopped" });
  expect(stopped.message).toContain("over budget");
  expect(stopped.spend_usd).toBeLessThanOrEqual(0.07);
  expect(readFileSync(join(stopped.folder, "report.md"), "utf8")).toContain("Incomplete: over budget");
  const more = await place.run("research-stage", ["resume", "--budget-usd", "5", "--json"], fakes.env);
  expect(more, more.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(more.stdout)).toMatchObject({ run: stopped.run, status: "completed" });
});

test("two of three sources down: the survey is partial, the report says so, and novelty has no verdict", async () => {
  await using place = new Workplace();
  await using fakes = await startFakes();
  const env = { ...fakes.env, X_API_KEY: "", EXA_API_KEY: "" };
  const args = ["discover", "--domain", DOMAIN, "--max-results", "20", "--json"];
  const ended = await place.run("research-stage", args, env);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  const { survey, ideas, folder } = JSON.parse(ended.stdout);
  expect(survey).toBe("partial");
  const text = readFileSync(join(folder, "report.md"), "utf8");
  expect(text).toContain("Partial survey: x skipped, exa skipped");
  expect(text).toContain("set X\\_API\\_KEY");
  expect(text).toContain("set EXA\\_API\\_KEY");
  for (const { verdict } of ideas) expect(["insufficient_evidence", "not_novel"]).toContain(verdict);
  expect(ideas.length).toBeGreaterThan(0);
});

test("mistakes are told before any work", async () => {
  await using place = new Workplace();
  const noModel = await place.run("research-stage", ["run", "--domain", DOMAIN], NO_KEYS);
  expect(noModel).toMatchObject({ code: 2 });
  expect(noModel.stderr).toContain("research-stage run --recording");
  expect(existsSync(place.file(".kevo"))).toBe(false);
  for (const [args, words] of [
    [["run"], "--domain"],
    [["run", "--recording", "nowhere.json"], "ENOENT"],
    [["run", "--recording", "--domain", DOMAIN], "leave --domain out"],
    [["run", "--domain", DOMAIN, "--rounds", "0"], "--rounds 0"],
    [["run", "--domain", DOMAIN, "--since", "yesterday"], "--since yesterday"],
    [["resume"], "no research run"],
  ] as const) {
    const ended = await place.run("research-stage", [...args], { ...NO_KEYS, XAI_API_KEY: "xai-not-a-real-key" });
    expect(ended.code, args.join(" ")).toBe(2);
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain("    at ");
  }
});
