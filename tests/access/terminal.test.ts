/** The effects of a lineage query on the user's terminal and time, and files left in /tmp. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inPace } from "@kevo/research-stage/recording/pace.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";

test("a query without end is ended", async () => {
  await using place = new Workplace();
  writeSyntheticSpace(place.file("space.json"), { values: 2 });
  const run = await place.run("coordinator", ["start", "--space", "space.json", "--evaluations", "4", "--json"]);
  expect(run.code, run.stderr).toBe(0);
  const endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n";
  const { code, stderr } = await place.run("coordinator", ["lineage", "sql", endless, "--timeout", "1s"]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/longer than 1s and was ended/);
  for (const name of ["lineage.db", "lineage.db.lock", "nats/keys.json", "nats/nats-server.conf"]) {
    const path = place.file(`.kevo/${name}`);
    if (existsSync(path)) expect([name, statSync(path).mode & 0o007]).toEqual([name, 0]);
  }
});

test("the file of a service's pace follows no link that another user laid in the temporary folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-pace-test-"));
  const outer = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const target = join(folder, "victim");
    writeFileSync(target, "precious");
    symlinkSync(target, join(folder, `kevo-pace-${process.geteuid?.()}-arxiv`));
    await inPace("arxiv", 1, undefined, async () => {});
    expect(readFileSync(target, "utf8")).toBe("precious");
  } finally {
    if (outer === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = outer;
    rmSync(folder, { recursive: true, force: true });
  }
});
