/** Source evolution as a user runs it, with a model that writes real edits, and one that writes hostile code. */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codeChanges } from "../fakes/xai/code-changes.ts";
import { type FakeXai, startFakeXai } from "../fakes/xai/server.ts";
import { Workplace } from "../support/programs.ts";
import { tinyAttention } from "../support/tiny-attention.ts";

const START = ["start", "--workload", "tiny", "--evolve", "source", "--islands", "1", "--kernel"];

interface Row {
  readonly id: string;
  readonly proposer: string;
  readonly reason: string | null;
  readonly source: string | null;
  readonly outcome: string;
  readonly message: string | null;
  readonly parent: string | null;
  /** The largest of those measured. */
  readonly speedup: number | null;
}

async function run(place: Workplace, scenario: string, evaluations: number): Promise<{ fake: FakeXai; rows: Row[] }> {
  const fake = await startFakeXai({ scenario, answerers: [codeChanges] });
  try {
    const env = { LLM_BASE_URL: fake.url };
    const start = [
      ...START,
      tinyAttention(place.file("kernel")),
      "--llm",
      "grok-4.3",
      "--evaluations",
      String(evaluations),
    ];
    expect(await place.run("coordinator", start, env)).toMatchObject({ code: 0 });
    const rows = place.ledger().query<Row>(
      `select c.id, proposer, reason, source, outcome, message, (select parent from parents where candidate = c.id) parent,
         (select max(speedup) from measurements where candidate = c.id) speedup
       from candidates c join evaluations e on e.candidate = c.id order by c.rowid`,
    );
    return { fake, rows };
  } finally {
    await fake.close();
  }
}

test.runIf(process.platform === "linux")(
  "a naive source becomes faster by applied edits, each visible in lineage diff",
  async () => {
    await using place = new Workplace();
    const { fake, rows } = await run(place, "ok", 18);
    const written = rows.filter(({ proposer }) => proposer === "llm");
    expect(written.length).toBeGreaterThan(1);
    expect(written.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
    // The edit that did not apply was reported back once.
    expect(JSON.stringify(fake.received[1]?.body)).toContain("does not occur exactly in the region");
    for (const { id, parent } of written) {
      const { stdout } = await place.run("coordinator", ["lineage", "diff", parent as string, id]);
      expect(stdout).toMatch(/^-.*;$/m);
      expect(stdout).toMatch(/^\+.*;$/m);
    }
    const best = JSON.parse((await place.run("coordinator", ["lineage", "best", "--json"])).stdout);
    expect(best.speedup).toBeGreaterThan(1);
    // Not which of them is best: on so small a workload -ffast-math gains as much as an edit.
    // Speedups, since times of different moments say little on a busy machine.
    const fastest = written.toSorted((a, b) => (b.speedup ?? 0) - (a.speedup ?? 0))[0] as Row;
    expect(fastest.speedup).toBeGreaterThan(1);
    const shown = JSON.parse(
      (await place.run("coordinator", ["lineage", "show", fastest.id, "--source", "--json"])).stdout,
    );
    expect(shown.source_text).toContain("// EVOLVE-BEGIN");
  },
);

test.runIf(process.platform === "linux")("hostile code is refused with its reason, and the run continues", async () => {
  await using place = new Workplace();
  const { rows } = await run(place, "hostile", 11);
  const written = rows.filter(({ proposer }) => proposer === "llm");
  expect(written.map(({ outcome }) => outcome)).toEqual(["invalid", "invalid", "invalid"]);
  expect(written.map(({ message }) => message).join("\n")).toMatch(/getenv[\s\S]*socket[\s\S]*stdio/);
  expect(rows.filter(({ outcome }) => outcome === "ok").length).toBeGreaterThanOrEqual(4);
  // An invalid candidate was never compiled, and its whole code can be read.
  const { stdout } = await place.run("coordinator", ["lineage", "show", written[0]?.id as string, "--source"]);
  expect(stdout).toContain("getenv");
});

test("without a model, or a region, it is one sentence", async () => {
  await using place = new Workplace();
  const none = await place.run("coordinator", [...START, tinyAttention(place.file("kernel"))]);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("--llm") });
  expect(none.stderr.trim().split("\n")).toHaveLength(1);
});

/** Builds all that it is asked for, but a sandbox whose probe finds nothing. */
const POOR = `#!/bin/sh
case "$*" in
  */sandbox.c*) while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\nfor layer in namespaces landlock seccomp; do echo "$layer no not on this host"; done\\n' >"$2"
    chmod +x "$2" ;;
  *) exec cc "$@" ;;
esac
`;

test.runIf(process.platform === "linux")(
  "--require-sandbox: on a host without layers the run ends with why",
  async () => {
    await using place = new Workplace();
    writeFileSync(place.file("poor-cc"), POOR, { mode: 0o755 });
    const start = ["start", "--kernel", tinyAttention(place.file("kernel")), "--islands", "1", "--require-sandbox"];
    const ended = await place.run("coordinator", start, { CC: place.file("poor-cc") });
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain("--require-sandbox: this host cannot contain candidates of the backend cpu");
    expect(ended.stderr).toContain("no landlock (not on this host)");
    expect(ended.stderr).not.toContain("it is started again");
  },
);
