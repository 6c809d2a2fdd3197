/** Old names (docs/glossary.md) do not come back: each may occur only where it is stored, or translated. */
import { describe, expect, test } from "vitest";
import { files, read } from "./files.ts";

interface OldWord {
  readonly old: RegExp;
  readonly now: string;
  /** Files that need the old word; a folder ends in a slash. */
  readonly allowed?: readonly string[];
}

/** Pages that tell history, results of before, and this table. */
const EVERYWHERE_ALLOWED = [
  "CHANGELOG.md",
  "docs/glossary.md",
  "results/",
  "package-lock.json",
  "tests/house/vocabulary.test.ts",
];

const OLD_WORDS: readonly OldWord[] = [
  {
    // Evolved code is no source: the word alone is one of literature. Keys of messages and of stored JSON stay.
    old: /\bsourceOf\b|\bsource(?:Hash|TextOf|History|Signature|Question)\b|\b(?:split|evolvable|with)Source\b|\bSource(?:Change|History|Subject|Occasion)\b|\b(?:Surrogate|Pool|Basis|Tried|Changed|Opened)Source\b|core\/source\/|(?:published?|stored|best|changed)Sources\b|\bschema\.sources\b|(?:from|join|into) sources\b/,
    now: "evolvedSource, code",
    allowed: ["coordinator/lineage/migrations/", "tests/stored/"],
  },
  {
    old: /bootstrap\/|BootstrapError|bootstrapFewShot|bootstrapped|\bthe bootstrap\b/i,
    now: "fewShot; deploy/launcher",
    // A public JSON field, and the name of a seeded draw.
    allowed: [
      "research-stage/pipeline/optimise-prompts.ts",
      "research-stage/cli/actions/optimise-prompts.ts",
      "tests/research/optimise-prompts.test.ts",
      "research-stage/pipeline/few-shot.ts",
    ],
  },
  { old: /\bwish(es|ed|Of)?\b|Wish\b/i, now: "RunRequest, request" },
  { old: /purse/i, now: "SpendLimit" },
  { old: /patience/i, now: "RetryBudget, or the name of a timeout" },
  { old: /\bdesks?\b|Desk(s|Options)?\b/i, now: "PendingCalls; in tests, harness" },
  { old: /\b(?:[A-Z]+_)*(?:MOST|LEAST|LONGEST|LARGEST|FEWEST)_[A-Z]/, now: "MAX_, MIN_" },
  {
    old: /\bwordsOf\b|InWords\b|\b[iI]n words\b|\blast words\b|\b(?:a|with) words? (?:for|from|about|on)\b|\b(?:const|let) WORDS = \d/,
    now: "describe…, messageOf; the name of a limit",
  },
  {
    old: /["'`]grok["'`]|\bGROK\b|(proposers|docs)\/grok/,
    now: "llm, of any model",
    // The research stage asks xAI's own models.
    allowed: [
      "proto/proposer.ts",
      "proto/proposer.test.ts",
      "tests/stored/",
      "coordinator/lineage/migrations/",
      "research-stage/pipeline/sources.ts",
    ],
  },
  {
    old: /\bkin\b|[a-z]Kin\b/,
    now: "transferFromWorkloads, the proposer transfer",
    allowed: ["proto/proposer.ts", "tests/stored/", "coordinator/lineage/migrations/"],
  },
  { old: /elsewhere/i, now: "transferAcrossDevices; in prose, name the other place" },
  {
    old: /\bturns\b|leavesTurn|[a-z]Turns\b|_TURNS\b/,
    now: "budget allocation; in prose, alternate or rotation, and convert",
    // A kernel's folder is known by its hash.
    allowed: ["gpu-evaluator/kernels/"],
  },
  {
    old: /\b[Tt]rials?\b|[a-z]Trial\b/,
    now: "measurement; a check before use is a probe",
    // Optuna's own word.
    allowed: ["bench/search/peers/optuna_peer.py"],
  },
  { old: /\blitters?\b|litterOf|\bbre(ed|d)(s|ing)?\b|\bBREEDING/i, now: "offspring, vary, recombine" },
  { old: /\bmanned\b|\bstranded\b|isStranded/i, now: "hasEvaluator, unservable" },
  { old: /chronicle/i, now: "history" },
  {
    old: /circumstance/i,
    now: "measurement conditions",
    // A field of public JSON.
    allowed: [
      "docs/cli.md",
      "coordinator/lineage/queries/cells.ts",
      "coordinator/lineage/queries/cells.test.ts",
      "tests/cluster/triton.test.ts",
    ],
  },
  { old: /\bbrief/i, now: "prompt context; in prose, short" },
  { old: /Kernel(Shape|Tables)\b|kernelOfFailures|surrogate\/kernel\b|product kernel/, now: "covariance" },
  {
    old: /\bgone\b|[a-z]Gone\b/i,
    now: "draining, disconnected; in prose, ended, deleted, removed",
    allowed: [
      "coordinator/lineage/migrations/",
      "tests/stored/",
      // A part of texts that models were asked about: recordings know them by their hash.
      "research-stage/sources/x/post-text.ts",
      "tests/fakes/corpus/conversations.ts",
      "tests/research/sources/thread.test.ts",
    ],
  },
  { old: /\bseats?\b|[a-z]Seats?\b|\bSeat[A-Z]|mailbox/i, now: "LeasedIsland, EvaluatorSlot, MigrantInbox" },
  { old: /\b[Ss]ittings?\b|SittingOptions/, now: "RunSession, session" },
  { old: /\bconduct(s|ed|ing)?\b|\bConductor\b/, now: "RunController, executeRun" },
  { old: /\b(hold)?[Ff]inals\b|failedFinals|finalsOf/, now: "finalists, remeasureFinalists" },
  { old: /purpose\W+["']?final\b|["'](?:FINAL|final)["']/i, now: "the purpose finalist" },
  { old: /\bAccounting\b|IslandAccount|ledger\/accounting/, now: "LedgerState, IslandLedger" },
  { old: /\bbooks?\b|\bbooksOf\b|booksInWords/i, now: "ledger" },
  {
    // An account with a service that sells calls is another thing.
    old: /\baccounted\b|\baccounts for\b|\b(?:own|its|their|island's|islands'|run's) accounts?\b|\b(?:const|let) accounts?\b/,
    now: "ledger; in prose, counted",
  },
];

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

function findings({ old, allowed = [] }: OldWord, sources: ReadonlyMap<string, string>): Finding[] {
  const exempt = [...EVERYWHERE_ALLOWED, ...allowed];
  return [...sources]
    .filter(([file]) => !exempt.some((one) => (one.endsWith("/") ? file.startsWith(one) : file === one)))
    .flatMap(([file, source]) =>
      source
        .split("\n")
        .flatMap((text, at) => (old.test(text) || old.test(file) ? [{ file, line: at + 1, text }] : [])),
    );
}

const isText = (source: string): boolean => !source.includes("\0");
const tracked = new Map(
  files()
    .map((file) => [file, read(file)] as const)
    .filter(([, source]) => isText(source)),
);

describe("old names are gone", () => {
  test.each(OLD_WORDS)("$old: $now", (word) => {
    expect(findings(word, tracked).map(({ file, line, text }) => `${file}:${line} ${text.trim()}`)).toEqual([]);
  });
});

describe("the table catches", () => {
  test.each([
    ["core/a.ts", "const hash = sourceHash(text);"],
    ["coordinator/a.ts", 'db.prepare("select text from sources")'],
    ["core/source/region.ts", "x"],
    ["package.json", "node deploy/bootstrap/run.mjs"],
    ["core/a.ts", "await bootstrapFewShot(options);"],
    ["coordinator/a.ts", "function wishOf(given: Options): RunRequest {"],
    ["research-stage/a.ts", "purse.reserve(1);"],
    ["core/a.ts", "const PATIENCE_MS = 1;"],
    ["tests/a.ts", "await openDesk();"],
    ["core/a.ts", "const CONFINE_MOST_PATHS = 64;"],
    ["gpu-evaluator/a.py", "LONGEST_NAME = 1"],
    ["core/a.ts", "why: issuesInWords(error)"],
    ["docs/a.md", "It fails in words."],
    ["core/a.ts", "const sitting = 1;"],
    ["core/a.ts", 'const LABELS = { proposer: "grok" };'],
    ["core/a.ts", "member.seat = null;"],
    ["proto/a.ts", 'z.enum(["serving", "gone"])'],
    ["island-worker/a.ts", "const shape: KernelShape = of(coordinates);"],
    ["island-worker/a.ts", "const chronicle = openChronicle(space);"],
    ["coordinator/a.ts", "const circumstances = {};"],
    ["coordinator/a.ts", "/** The accounted outcome. */"],
    ["docs/a.md", "It goes on elsewhere."],
    ["docs/a.md", "The evaluator is gone."],
    ["docs/a.md", "They take turns."],
    ["docs/a.md", "A brief note."],
    ["gpu-evaluator/a.py", "class Trial:"],
    ["core/a.ts", "// its last words"],
    ["island-worker/a.ts", "list(brief.elites)"],
    ["island-worker/a.ts", "const LITTER = 16;"],
    ["docs/a.md", "The rest is bred."],
    ["coordinator/a.ts", "if (!this.#manned) return;"],
    ["island-worker/evolution/kin.ts", 'import "x";'],
    ["island-worker/a.ts", 'import { leavesTurn } from "x";'],
    ["core/a.ts", "const turns = 1;"],
    ["coordinator/a.ts", "class Conductor {}"],
    ["coordinator/a.ts", "await holdFinals();"],
    ["gpu-evaluator/a.ts", 'purpose: "final"'],
    ["coordinator/a.ts", "new Accounting(spec)"],
    ["docs/a.md", "The books of a run"],
    ["coordinator/ledger/accounting.ts", "x"],
  ])("%s: %s", (file, source) => {
    expect(OLD_WORDS.flatMap((word) => findings(word, new Map([[file, source]])))).toHaveLength(1);
  });

  test("and not where an old name is translated", () => {
    const glossary = new Map([["docs/glossary.md", "| Sitting | RunSession |"]]);
    expect(OLD_WORDS.flatMap((word) => findings(word, glossary))).toEqual([]);
  });
});
