/** Killed after each stage and resumed: no call is repeated, and the result is the same. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { optimisePromptsCommand } from "@kevo/research-stage/cli/optimise-prompts.ts";
import { resumeCommand } from "@kevo/research-stage/cli/resume.ts";
import { runCommand } from "@kevo/research-stage/cli/run.ts";
import { openResearch } from "@kevo/research-stage/store/database.ts";
import Database from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { Workplace } from "../support/programs.ts";
import { DISCOVER, DOMAIN, NO_KEYS, startFakes } from "./research-fakes.fixture.ts";

const KILLER = fileURLToPath(new URL("./kill-before.fixture.mjs", import.meta.url));
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

test("discover, live: a killed and resumed run makes as many calls, and the same report but for its name", async () => {
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
  const stages = ["claims", "summary", "gaps", "ideas", "novelty"];
  const kills = [...stages.map((stage) => ({ KILL_BEFORE: stage })), { KILL_AFTER: "novelty" }];
  const [whole, killed] = await Promise.all([report([]), report(kills)]);
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
    const kills = [...stages.map((stage) => ({ KILL_BEFORE: stage })), { KILL_AFTER: "optimisation" }];
    const [whole, killed] = await Promise.all([reportOf([]), reportOf(kills)]);
    expect(killed).toEqual(whole);
  },
);

test("a budget is a hard stop, and a larger one continues", async () => {
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

test("no source could search: nothing was read, no model is paid, and the run continues once one can", async () => {
  await using place = new Workplace();
  await using fakes = await startFakes();
  fakes.sources.arxiv.scenario("error-200");
  const bare = { ...fakes.env, X_API_KEY: "", EXA_API_KEY: "" };
  const ended = await place.run("research-stage", ["discover", ...DISCOVER, "--json"], bare);
  expect(ended, ended.stderr).toMatchObject({ code: 1 });
  const failed = JSON.parse(ended.stdout);
  expect(failed).toMatchObject({ status: "failed", survey: "failed", works: 0, spend_usd: 0 });
  expect(failed.message).toMatch(
    /^No literature was found.*x skipped \(.*X_API_KEY.*exa skipped \(.*EXA_API_KEY.*arxiv failed/,
  );
  expect(failed.sources.map(({ source }: { source: string }) => source)).toEqual(["x", "exa", "arxiv"]);
  expect(ended.stderr).toMatch(new RegExp(`Continue with: \\S*research-stage\\S* resume ${failed.run}`));
  expect(readFileSync(join(failed.folder, "report.md"), "utf8")).toContain("Incomplete: No literature was found");
  expect(fakes.calls().models).toBe(0);

  fakes.sources.arxiv.scenario("ok");
  const keyed = { ...fakes.env, X_API_KEY: "" };
  const again = await place.run("research-stage", ["resume", "--record", "recording.json", "--json"], keyed);
  expect(again, again.stderr).toMatchObject({ code: 0 });
  const found = JSON.parse(again.stdout);
  expect(found).toMatchObject({ run: failed.run, status: "completed", survey: "partial" });
  expect(found.works).toBeGreaterThan(0);
  expect(again.stderr).toMatch(/Survey partial \(\d+ works; x skipped\)/);
  // The first refusals are not part of the recording: it repeats the run that read something.
  await using other = new Workplace();
  const replay = ["run", "--recording", place.file("recording.json"), "--json"];
  const repeated = await other.run("research-stage", replay, NO_KEYS);
  expect(repeated, repeated.stderr).toMatchObject({ code: 0 });
  const report = (folder: string) => readFileSync(join(folder, "report.md"), "utf8");
  expect(report(JSON.parse(repeated.stdout).folder)).toBe(report(found.folder));
});

test("a work that the model refuses to read is left out and told; where it refuses all, the run fails", async () => {
  await using place = new Workplace();
  await using fakes = await startFakes();
  fakes.xai.script("refusal,ok");
  const ended = await place.run("research-stage", ["discover", ...DISCOVER, "--json"], fakes.env);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  const { status, folder, ideas } = JSON.parse(ended.stdout);
  expect(status).toBe("completed");
  expect(ideas.length).toBeGreaterThan(0);
  const told = readFileSync(join(folder, "report.md"), "utf8").split("## Injection report")[1];
  expect(told?.match(/unanswered: refused.*the record was omitted/g)).toHaveLength(1);

  fakes.xai.script("refusal");
  const none = await place.run("research-stage", ["discover", ...DISCOVER, "--json"], fakes.env);
  expect(none, none.stderr).toMatchObject({ code: 1 });
  expect(JSON.parse(none.stdout)).toMatchObject({ status: "failed", message: expect.stringContaining("--fast-model") });
});

test("an answer that is pending when the run fails is stored, and not asked for again", async () => {
  await using place = new Workplace();
  await using fakes = await startFakes();
  fakes.xai.script("slow:2000,no-credits");
  const ended = await place.run("research-stage", ["discover", ...DISCOVER, "--json"], fakes.env);
  expect(ended, ended.stderr).toMatchObject({ code: 1 });
  expect(JSON.parse(ended.stdout)).toMatchObject({ status: "failed", message: expect.stringContaining("no credits") });
  const [slow] = fakes.xai.received;
  expect(rows(place, "select 1 from research_calls where json_extract(record, '$.outcome') = 'ok'")).toHaveLength(1);
  fakes.xai.script("ok");
  const resumed = await place.run("research-stage", ["resume", "--json"], fakes.env);
  expect(resumed, resumed.stderr).toMatchObject({ code: 0 });
  const asked = fakes.xai.received.map(({ body }) => JSON.stringify(body));
  expect(asked.filter((body) => body === JSON.stringify(slow?.body))).toHaveLength(1);
});

test("mistakes are reported before any work", async () => {
  await using place = new Workplace();
  const noModel = await place.run("research-stage", ["run", "--domain", DOMAIN], NO_KEYS);
  expect(noModel).toMatchObject({ code: 2 });
  expect(noModel.stderr).toMatch(/research-stage\S* run --recording/);
  expect(noModel.stderr).not.toContain("    at ");
  // The others in this process: what a mistake throws, the program prints as it did this one.
  for (const [name, value] of Object.entries({ ...NO_KEYS, XAI_API_KEY: "xai-not-a-real-key" }))
    vi.stubEnv(name, value);
  const db = place.file(".kevo/lineage.db");
  for (const [command, ...args] of [[resumeCommand()], [optimisePromptsCommand(), "--out", "prompts"]] as const) {
    const refused = command.parseAsync(["--db", db, ...args], { from: "user" });
    await expect(refused).rejects.toThrow(`There is no database ${place.file(".kevo/research.db")}`);
  }
  expect(existsSync(place.file(".kevo"))).toBe(false);
  openResearch(db).close();
  // Of another user, and not a folder.
  const taken = place.file("a-file");
  new Database(taken).exec("create table songs (title text)").close();
  const foreign = runCommand("run").parseAsync(["--recording", "--db", taken], { from: "user" });
  await expect(foreign).rejects.toThrow("of another program");
  for (const [command, args, message] of [
    [runCommand("run"), [], "--domain"],
    [runCommand("run"), ["--recording", "nowhere.json"], "--recording nowhere.json cannot"],
    [runCommand("run"), ["--recording", "--domain", DOMAIN], "Omit --domain"],
    [runCommand("run"), ["--domain", "attention ".repeat(50)], "the limit is 400"],
    [runCommand("run"), ["--domain", DOMAIN, "--constraints", "fast ".repeat(500)], "the limit is 2000"],
    [runCommand("run"), ["--domain", DOMAIN, "--rounds", "0"], "--rounds 0"],
    [runCommand("run"), ["--domain", DOMAIN, "--since", "yesterday"], "--since yesterday"],
    [
      runCommand("run"),
      ["--domain", DOMAIN, "--since", "2026-05-02", "--until", "2026-05-01"],
      "Choose an earlier day",
    ],
    [
      runCommand("run"),
      ["--domain", DOMAIN, "--workload", "nope"],
      "has the workload nope. attention-cpu has w64-l256",
    ],
    [runCommand("run"), ["--domain", DOMAIN, "--workload", "tall", "--workload", "w64-*"], "has all of tall, w64-*"],
    [runCommand("run"), ["--domain", DOMAIN, "--prompts", taken], "this folder does not exist"],
    [runCommand("run"), ["--recording", "--out", taken], `cannot write to ${taken}`],
    [runCommand("run"), ["--recording", "--record", join(taken, "r.json")], "--record: cannot write"],
    [resumeCommand(), [], "no research run"],
    [optimisePromptsCommand(), ["nobody", "--out", "prompts"], "no research run nobody"],
  ] as const) {
    const mistake = await command.parseAsync(["--db", db, ...args], { from: "user" }).catch((error: unknown) => error);
    expect(mistake, args.join(" ")).toBeInstanceOf(UserError);
    expect(mistake).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
    });
  }
  vi.unstubAllEnvs();
});
