/** NATS that others run: an account with limits, users with credentials files, and a clear sentence for what is missing. */
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bus } from "@kevo/core/bus/bus.ts";
import { connectBus } from "@kevo/core/bus/connect.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { subjects } from "@kevo/proto/subjects.ts";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";
import { writeSyntheticSpace } from "../support/synthetic-space.ts";
import { type AccountLimits, OperatorNats } from "./operator.fixture.ts";

const isLong = process.env.KEVO_NATS === "all";
const MIB = 1024 ** 2;

/** Two streams in as little room as they need. */
const ENOUGH: AccountLimits = { streams: 2, disk_storage: 64 * MIB };

const connected = (nats: OperatorNats, creds: string): Promise<Bus> =>
  connectBus({ url: nats.url, creds, role: "coordinator", name: "test" });

const failureOf = async (work: () => Promise<unknown>) =>
  work().then(
    () => "nothing failed",
    (error: unknown) => (error instanceof UserError ? error.message : error),
  );

test("credentials and the limits that docs/cluster.md names are enough", async () => {
  await using place = new Workplace();
  await using nats = await OperatorNats.start(place.file("nats"), ENOUGH);
  const bus = await connected(nats, nats.creds("coordinator"));
  expect(bus.identity).toMatch(/^U/);
  await bus.openLogStream();
  const bytes = randomBytes(200_000);
  const hash = createHash("sha256").update(bytes).digest("hex");
  await bus.putObject(hash, bytes);
  // A user who cannot hear his replies would wait for ever.
  const rights = { pub: { allow: ["kevo.>"] }, sub: { allow: ["kevo.>"] } };
  const creds = nats.creds("worker", rights);
  expect(await failureOf(() => connectBus({ url: nats.url, creds, role: "worker", name: "worker" }))).toMatch(
    /^The NATS user at nats:\S+ may not subscribe to _INBOX_\w{20}\.>\. Grant it;/,
  );
  await bus.close();
});

test.each([
  [
    "a stream too few",
    { ...ENOUGH, streams: 1 },
    {},
    /^The NATS account at nats:.* may not have another stream, and OBJ_\S+ is missing\. Allow it two streams; docs\/cluster\.md/,
  ],
  [
    "no room",
    { ...ENOUGH, disk_storage: 16 * MIB },
    {},
    /^The NATS account at nats:.* has no room for the stream \S+, which needs at least 32 MiB\. Raise its limit/,
  ],
  [
    "no JetStream",
    { streams: 0, disk_storage: 0 },
    {},
    /^The NATS account at nats:.* has no JetStream\. Enable it for the account; docs\/cluster\.md/,
  ],
  [
    "a right",
    ENOUGH,
    { pub: { allow: ["kevo.>"] } },
    /^The NATS user at nats:.* may not publish to \$JS\.API\.STREAM\.INFO\.\S+\. Grant it; docs\/cluster\.md/,
  ],
])("what is missing is one sentence: %s", async (_what, limits, rights, sentence) => {
  await using place = new Workplace();
  await using nats = await OperatorNats.start(place.file("nats"), limits);
  const bus = await connected(nats, nats.creds("coordinator", rights));
  expect(await failureOf(() => bus.openLogStream())).toMatch(sentence);
  await bus.close();
});

test("credentials that are none, or of nobody there, are one sentence", async () => {
  await using place = new Workplace();
  await using nats = await OperatorNats.start(place.file("nats"), ENOUGH);
  await using others = await OperatorNats.start(place.file("others"), ENOUGH);
  const broken = join(place.path, "broken.creds");
  writeFileSync(broken, "nothing of the kind");
  expect(await failureOf(() => connected(nats, broken))).toMatch(
    /--nats-creds .*broken\.creds: this is not a credentials/,
  );
  expect(await failureOf(() => connected(nats, join(place.path, "missing")))).toMatch(
    /--nats-creds .*missing: .*Name the/,
  );
  expect(await failureOf(() => connected(nats, others.creds("stranger")))).toMatch(
    /^Cannot connect to NATS at nats:\S+ it did not accept the credentials in .*stranger\.creds/,
  );
});

test.runIf(isLong)("a whole run works over it, with rights for each role", async () => {
  await using place = new Workplace();
  await using nats = await OperatorNats.start(place.file("nats"), ENOUGH);
  writeSyntheticSpace(place.file("space.json"));
  const { code, stderr } = await place.run("coordinator", [
    ...["start", "--nats", nats.url, "--nats-creds", nats.creds("coordinator")],
    ...["--space", "space.json", "--evaluations", "40", "--islands", "2", "--search", "random", "--no-dashboard"],
  ]);
  expect(code, stderr).toBe(0);
  expect(place.ledger().latest()).toMatchObject({ status: "completed", accepted: 40 });
  expect(subjects.runs).toMatch(/^kevo\./);
});
