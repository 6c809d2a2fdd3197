/** The conversations of the synthetic corpus: one for each shape that a reader of threads has to get right. */
import { labelledRandom } from "@kevo/core/random/random.ts";
import { type Conversation, ConversationWriter, type Ref } from "./conversation.ts";
import { HOSTILE_POSTS } from "./hostile.ts";
import { TOPICS } from "./topics.ts";

/** The corpus' present: it was "written" in the six days before, apart from deliberately older posts. */
export const AS_OF = new Date("2026-11-20T12:00:00.000Z");

/** Authors whose threads a survey of the corpus reads; other people only answer. */
export const SYNTHETIC_AUTHORS = ["synthetic_ana", "synthetic_bo", "synthetic_cyd", "synthetic_dee", "synthetic_eli"];
const PEOPLE = ["synthetic_finn", "synthetic_gus", "synthetic_hana", "synthetic_ivo"];

const DAY_MS = 86_400_000;

interface Pen {
  readonly writer: ConversationWriter;
  readonly author: string;
  /** The next line on the conversation's topic, never the same twice in a conversation. */
  line(): string;
  /** Somebody who is not the author. */
  person(): string;
  /** A passing remark of another person. */
  remark(): string;
}

type Shape = (pen: Pen) => void;

const REMARKS = [
  "Which attention kernels did you compare with?",
  "We see the same on our machines.",
  "Is the code public?",
  "I doubt that this holds for short sequences.",
  "Thanks, this saves me a week.",
  "What about backward?",
];

const straight =
  (posts: number): Shape =>
  ({ writer, line }) => {
    let last: Ref | null = null;
    for (let n = 0; n < posts; n++) last = writer.own(last, line());
  };

const SHAPES: readonly (readonly [name: string, count: number, write: Shape])[] = [
  ["single", 2, straight(1)],
  ["straight", 4, straight(4)],
  [
    "long posts",
    3,
    ({ writer, line }) => {
      const root = writer.own(null, [line(), line(), line()].join(" "));
      writer.own(root, [line(), line()].join(" ").padEnd(320, "."));
    },
  ],
  [
    "branches",
    3,
    ({ writer, line }) => {
      const root = writer.own(null, line());
      const left = writer.own(root, line());
      const right = writer.own(root, line());
      writer.own(left, line());
      writer.own(right, line());
    },
  ],
  [
    "nested branches with others",
    1,
    ({ writer, line, person, remark }) => {
      const root = writer.own(null, line());
      const a = writer.own(root, line());
      writer.aside(person(), a, remark());
      const b = writer.own(a, line());
      const c = writer.own(a, line());
      writer.own(b, line());
      writer.aside(person(), c, remark());
      writer.own(c, line());
    },
  ],
  [
    "gap in the middle",
    3,
    ({ writer, line }) => {
      const root = writer.own(null, line());
      const lost = writer.ownDeleted(writer.own(root, line()), "This was wrong, sorry.");
      writer.own(writer.own(lost, line()), line());
    },
  ],
  [
    "root deleted",
    2,
    ({ writer, line }) => {
      const root = writer.ownDeleted(null, "Deleted opening about attention kernels.");
      writer.own(writer.own(root, line()), line());
    },
  ],
  [
    "two gaps",
    1,
    ({ writer, line }) => {
      const root = writer.own(null, line());
      const one = writer.own(writer.ownDeleted(root, "Deleted one."), line());
      writer.own(writer.ownDeleted(one, "Deleted two."), line());
    },
  ],
  [
    "gap before a branch",
    1,
    ({ writer, line }) => {
      const lost = writer.ownDeleted(writer.own(null, line()), "Deleted.");
      writer.own(lost, line());
      writer.own(lost, line());
    },
  ],
  [
    "others in between",
    4,
    ({ writer, line, person, remark }) => {
      const root = writer.own(null, line());
      writer.aside(person(), root, remark());
      const next = writer.own(root, line());
      const question = writer.aside(person(), next, remark());
      writer.aside(person(), question, remark());
      writer.own(next, line());
    },
  ],
  [
    "the author answers others",
    3,
    ({ writer, author, line, person, remark }) => {
      const root = writer.own(null, line());
      const question = writer.aside(person(), root, remark());
      const reply = writer.aside(author, question, "Yes, on attention kernels too.");
      // Answers to oneself below another person's question are still discussion.
      writer.aside(author, reply, "More on that in the discussion, not in the thread.");
      writer.own(root, line());
    },
  ],
  [
    "the author answers a deleted post of another author",
    1,
    ({ writer, author, line, person }) => {
      const root = writer.own(null, line());
      const lost = writer.aside(person(), root, "A question that was deleted.", { deleted: true });
      writer.aside(author, lost, "As I said in the kernels post, no.");
      writer.own(root, line());
    },
  ],
  [
    "another author's conversation",
    2,
    ({ writer, line, remark }) => {
      const root = writer.own(null, line());
      writer.aside("synthetic_ana", root, `${remark()} Relevant to attention kernels on CPUs.`);
      writer.own(root, line());
    },
  ],
  ["a thread of 45 posts", 1, manyPosts(45)],
  ["a thread of 120 posts", 1, manyPosts(120)],
  [
    "addresses and signs",
    2,
    ({ writer, line }) => {
      const link = "https://arxiv.org/abs/2613.00003v2";
      const root = writer.own(null, `${line()} Paper: ${link} and code: https://example.com/synthetic/code?a=1&b=2`);
      writer.own(root, "Rule of thumb: if rows < 64 && keys > 512, split. x > y is not y <= x for NaN.");
    },
  ],
  [
    "root of last month",
    2,
    ({ writer, line }) => {
      const root = writer.wait(-30 * 24 * 60).own(null, line());
      const next = writer.wait(2).own(root, `${line()} Written the same day.`);
      writer.wait(30 * 24 * 60).own(next, `An update on those attention kernels: ${line()}`);
    },
  ],
];

function manyPosts(count: number): Shape {
  return ({ writer, line }) => {
    let last = writer.own(null, line());
    for (let n = 2; n <= count; n++)
      last = writer.own(last, `${n}/${count} Measurement ${n} of the kernels in this thread.`);
  };
}

/** A retweet and a quote point at posts of other conversations. */
function writeReferring(penOf: (shape: string) => Pen, earlier: readonly Conversation[]): ConversationWriter[] {
  const source = earlier.find(({ shape }) => shape === "long posts") as Conversation;
  const lost = earlier.find(({ shape }) => shape === "root deleted") as Conversation;
  const first = source.thread[0] as { id: string; text: string };
  const retweet = (shape: string, repeats: string, shown: (pen: Pen) => string) => {
    const pen = penOf(shape);
    const typed = `RT @${source.author}: ${first.text}`.slice(0, 139).concat("…");
    pen.writer.own(null, typed, { repeats, shown: shown(pen) });
    return pen.writer;
  };
  const quote = (shape: string, quotes: string, addition: string) => {
    const pen = penOf(shape);
    const text = pen.line();
    const root = pen.writer.own(null, text, { quotes, shown: `${text}\n${addition}` });
    pen.writer.own(root, pen.line());
    return pen.writer;
  };
  return [
    retweet("retweet of a long post", first.id, () => `Repeats @${source.author}: ${first.text}`),
    quote("quote of a long post", first.id, `Quotes @${source.author}: ${first.text}`),
    quote("quote of a deleted post", lost.root, "[the post that this quotes is gone]"),
  ];
}

/** The same for the same seed. */
export function writeConversations(seed = 7): Conversation[] {
  const random = labelledRandom(`synthetic corpus ${seed}`);
  let count = 0;
  const penOf = (shape: string): Pen => {
    const n = count++;
    const author =
      shape === "another author's conversation"
        ? (PEOPLE[n % PEOPLE.length] as string)
        : (SYNTHETIC_AUTHORS[n % 5] as string);
    // Spread over the last five days, in no order of their shapes.
    const startsAt = AS_OF.getTime() - 5 * DAY_MS + random.integer(4 * 24) * 3_600_000 + n * 7_000;
    const topic = TOPICS[n % TOPICS.length] as (typeof TOPICS)[number];
    let at = 0;
    return {
      writer: new ConversationWriter(shape, author, n, startsAt),
      author,
      line: () => {
        const turn = Math.floor(at / topic.lines.length);
        const text = (topic.lines[at++ % topic.lines.length] as string).replaceAll("#", `${3 + random.integer(27)}`);
        return turn === 0 ? text : `${text} (${turn + 1})`;
      },
      person: () => random.choice(PEOPLE.filter((handle) => handle !== author)),
      remark: () => random.choice(REMARKS),
    };
  };
  const plain = SHAPES.flatMap(([name, times, write]) =>
    Array.from({ length: times }, () => {
      const pen = penOf(name);
      write(pen);
      return pen.writer.done();
    }),
  );
  const referring = writeReferring(penOf, plain).map((writer) => writer.done());
  const hostile = HOSTILE_POSTS.map(({ name, text, shown }) => {
    const pen = penOf(`hostile: ${name}`);
    const root = pen.writer.hostile().own(null, pen.line());
    pen.writer.own(root, text, { shown });
    return pen.writer.done();
  });
  return [...plain, ...referring, ...hostile];
}
