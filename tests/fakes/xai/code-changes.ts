/**
 * Changes of a source, as a good engineer would make them to the naive attention kernel: a series of real edits, of which
 * each answer has those that the region in the prompt still lacks. As a model does, it first gets one of them wrong.
 */
import type { Answerer } from "./answer.ts";

interface Change {
  readonly edits: readonly { readonly search: string; readonly replace: string }[];
  readonly rewrite: string;
  readonly reason: string;
}

/** A change, and what a region has that had it already. */
interface Step {
  readonly sign: string;
  readonly change: Change;
}

const edit = (reason: string, ...edits: Change["edits"]): Change => ({ edits, rewrite: "", reason });

const STEPS: readonly Step[] = [
  {
    sign: "const float weight",
    change: edit("Walk over the values row by row instead of down their columns: unit stride, and it vectorises.", {
      search: `  for (int64_t d = 0; d < width; d++) {
    float sum = 0;
    for (int64_t j = 0; j <= i; j++) sum += scores[j] * v[j * width + d];
    output[i * width + d] = sum / total;
  }`,
      replace: `  for (int64_t d = 0; d < width; d++) output[i * width + d] = 0;
  for (int64_t j = 0; j <= i; j++) {
    const float weight = scores[j] / total;
    for (int64_t d = 0; d < width; d++) output[i * width + d] += weight * v[j * width + d];
  }`,
    }),
  },
  {
    sign: "float part[16]",
    change: edit("Sixteen partial sums break the chain of additions in the dot product, so that it vectorises.", {
      search: `    float sum = 0;
    for (int64_t d = 0; d < width; d++) sum += q[i * width + d] * k[j * width + d];
    scores[j] = sum * scale;`,
      replace: `    float part[16] = {0}, sum = 0;
    for (int64_t d = 0; d < width; d += 16)
      for (int64_t l = 0; l < 16; l++) part[l] += q[i * width + d + l] * k[j * width + d + l];
    for (int64_t l = 0; l < 16; l++) sum += part[l];
    scores[j] = sum * scale;`,
    }),
  },
  {
    sign: "kevo_parallel(kevo_cores()",
    change: edit(
      "One task for each row on all cores, the longest rows first.",
      {
        search: "void kevo_kernel(const kevo_shape *shape",
        replace: `typedef struct problem {
  const float *q, *k, *v;
  float *output, *scores;
  int64_t heads, length, width;
} problem;

static void task(void *argument, int64_t index, int thread) {
  const problem *p = argument;
  const int64_t head = index % p->heads * p->length * p->width, i = p->length - 1 - index / p->heads;
  row(p->q + head, p->k + head, p->v + head, p->output + head, p->scores + thread * p->length, i, p->width);
}

void kevo_kernel(const kevo_shape *shape`,
      },
      {
        search: `  float *scores = kevo_scratch(0, (size_t)length * sizeof *scores);
  for (int64_t h = 0; h < heads; h++) {
    const int64_t head = h * length * width;
    for (int64_t i = 0; i < length; i++)
      row(inputs[0] + head, inputs[1] + head, inputs[2] + head, output + head, scores, i, width);
  }`,
        replace: `  problem p = {.q = inputs[0], .k = inputs[1], .v = inputs[2], .output = output, .heads = heads, .length = length, .width = width};
  p.scores = kevo_scratch(0, (size_t)(kevo_cores() * length) * sizeof *p.scores);
  kevo_parallel(kevo_cores(), heads * length, task, &p);`,
      },
    ),
  },
];

/** An edit from memory, which is not in the source. */
const MISREMEMBERED = edit("Keep the row of queries in registers.", {
  search: "for (int d = 0; d < D; ++d) s += q[d] * k[d];",
  replace: "s = dot(q, k, D);",
});

const rewrite = (body: string, reason: string): Change => ({
  edits: [],
  rewrite: `void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {\n  ${body}\n}\n`,
  reason,
});
const HOSTILE: readonly Change[] = [
  rewrite('char *key = getenv("XAI_API_KEY"); output[0] = key ? key[0] : 0;', "Reads a key."),
  rewrite("extern int socket(int, int, int); socket(2, 1, 0);", "Opens a socket."),
  {
    edits: [],
    rewrite: '#include <stdio.h>\nvoid kevo_kernel(void) { fputs("owned", fopen("/tmp/owned", "w")); }\n',
    reason: "Writes where it must not.",
  },
];

export const codeChanges: Answerer = ({ request, name, behaviour }) => {
  if (name !== "evolve_source") return undefined;
  const question = request.messages.filter(({ role }) => role === "user");
  const region = /## region[^\n]*\n\n([\s\S]*?)\n\n## result/.exec(String(question[0]?.content))?.[1] ?? "";
  if (behaviour === "hostile") return { changes: HOSTILE };
  if (behaviour === "breaks-constraint") return { changes: [MISREMEMBERED] };
  const left = STEPS.filter(({ sign }) => !region.includes(sign)).map(({ change }) => change);
  // Told what was wrong, it leaves that out.
  const isRepair = question.length > 1;
  return { changes: [...(isRepair ? [] : [MISREMEMBERED]), ...left] };
};
