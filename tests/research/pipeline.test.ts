/** The whole research stage with real processes against the fakes: to a measured kernel, and the same from its recording. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OWNED } from "../fakes/xai/research-answers.ts";
import { Workplace } from "../support/programs.ts";
import { NO_KEYS, RUN, startFakes } from "./research-fakes.fixture.ts";

function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

test.runIf(process.platform === "linux")(
  "seven stages to a kernel faster than its first implementation; the recording gives the same with nothing to ask",
  async () => {
    await using place = new Workplace();
    const fakes = await startFakes();
    let live: Record<string, string>;
    try {
      const args = ["run", ...RUN, "--record", "recording.json.gz", "--json"];
      const ended = await place.run("research-stage", args, fakes.env);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      const result = JSON.parse(ended.stdout);
      expect(result).toMatchObject({ status: "completed", survey: "ok", best: { idea: "idea-1-1" } });
      expect(result.best.speedup).toBeGreaterThan(1);
      expect(result.ideas.map(({ verdict }: { verdict: string }) => verdict)).toEqual(["novel", "not_novel", "novel"]);
      expect(ended.stderr).toMatch(/^estimate: about \$\d/m);
      for (const stage of ["1 survey", "2 gaps", "3 ideas", "4 novelty", "5 implementation", "7 report"]) {
        expect(ended.stderr).toContain(stage);
      }
      live = filesIn(result.folder);

      // The first try did not compile; its message went back to the model.
      const tries = fakes.xai.received.filter(({ body }) => JSON.stringify(body).includes('"implement_kernel"'));
      expect(tries.length).toBe(2);
      expect(JSON.stringify(tries[1]?.body)).toContain("'threads' undeclared");
      expect(live["report.md"]).toMatch(
        /Try 1: the default configuration of kernel \S+ \(baseline 'first implementation'\) does not compile/,
      );

      // From the fastest candidate back to the posts, and from the posts to it in one query.
      const shown = await place.run("coordinator", ["lineage", "show", result.best.candidate]);
      expect(shown.stdout).toContain(`Origin: research run ${result.run}`);
      expect(shown.stdout).toMatch(/idea idea-1-1: .*\n {4}gap gap-1-1: .*\n {6}(x|arxiv):\d/);
      const query = `select distinct p.id post, c.id candidate from research.research_posts p
        join research.research_links a on a.run = p.run and a.to_id = p.record
        join research.research_links b on b.run = a.run and b.to_id = a.from_id
        join research.research_kernels k on k.run = b.run and k.idea = b.from_id
        join runs r on r.kernel_hash = k.kernel_hash and r.id = k.lineage_run join candidates c on c.run = r.id
        where c.id = '${result.best.candidate}'`;
      const posts = JSON.parse((await place.run("coordinator", ["lineage", "sql", query, "--json"])).stdout);
      expect(posts.length).toBeGreaterThan(0);

      // No stage read the hostile posts and abstracts, they changed nothing, and they are listed.
      const asked = JSON.stringify(fakes.xai.received.map(({ body }) => body));
      for (const attack of [OWNED, "Ignore all previous instructions", "2613.99999", "os.system"]) {
        expect(asked).not.toContain(attack);
      }
      const [told = "", injections = ""] = (live["report.md"] as string).split("## Injection report");
      expect(told).not.toMatch(/SYNTHETIC-PWNED|2613\.(00021|00022|00023|99999)|c9999/);
      expect(injections).toMatch(/suspicious: override/);
      expect(live["kernels/idea-1-1-deferred-rescale-for-attention-o/kernel.c"]).not.toContain("system(");

      // Every page says that the data is made up.
      for (const page of ["report.md", "report.html", "package/README.md"]) {
        expect(live[page]).toContain("Synthetic demonstration");
      }
      // No key was written anywhere.
      expect(JSON.stringify(live)).not.toContain("synthetic-key");
      expect(readFileSync(place.file(".kevo/research.db")).includes("synthetic-key")).toBe(false);
    } finally {
      await fakes[Symbol.asyncDispose]();
    }

    // No service is left to be asked: neither fakes nor keys.
    await using other = new Workplace();
    const replay = ["run", "--recording", place.file("recording.json.gz"), "--json"];
    const again = await other.run("research-stage", replay, NO_KEYS);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(again.stderr).toMatch(/\$\d\.\d+ spent when it was recorded;/);
    const { folder, best } = JSON.parse(again.stdout);
    expect(filesIn(folder)).toEqual(live);
    const shown = await other.run("coordinator", ["lineage", "show", best.candidate]);
    expect(shown.stdout).toContain("Origin: research run");
    // The package that it made runs.
    if (!existsSync("/usr/bin/cc")) return;
    const said = execFileSync("python3", [join(folder, "package/loader.py"), "--calls", "3"], { encoding: "utf8" });
    expect(said).toMatch(/^w64-l256: tuned/);
  },
);
