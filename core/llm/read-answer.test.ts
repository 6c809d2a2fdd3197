import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readAnswer } from "./read-answer.ts";

const wanted = z.object({
  configurations: z.array(z.object({ tile: z.int(), order: z.enum(["row", "column"]).nullable() })).min(1),
});
const VALUE = {
  configurations: [
    { tile: 8, order: "row" },
    { tile: 16, order: null },
  ],
} as const;
const JSON_TEXT = JSON.stringify(VALUE);
const OTHER = JSON.stringify({ configurations: [{ tile: 1, order: null }] });
const PRETTY = JSON.stringify(VALUE, null, 2);

describe("an answer is found", () => {
  it.each([
    ["alone", JSON_TEXT],
    ["behind a thought", `<think>So far {"tile": 8} was best.</think>\n${JSON_TEXT}`],
    ["behind a thought with a whole draft in it", `<think>Perhaps ${OTHER}?</think>\n${JSON_TEXT}`],
    ["behind a thought whose beginning is in the prompt", `Perhaps ${OTHER}? Yes.\n</think>\n\n${JSON_TEXT}`],
    ["behind a thought in capitals, fenced", `<THINKING>{x}</THINKING>\`\`\`json\n${JSON_TEXT}\n\`\`\``],
    ["in the channel of the answer", `<|channel|>analysis<|message|>{a}<|channel|>final<|message|>${JSON_TEXT}`],
    ["where nothing follows the thought", `<think>It must be ${JSON_TEXT}</think>`],
    ["where the thought never ends", `<think>It must be {tile}: ${JSON_TEXT}`],
    ["behind a bracket that stays open", `{\n\n${JSON_TEXT}\n`],
    ["in doubled brackets", `{${JSON_TEXT}}`],
    [
      "in an upper-case fence before prose with brackets",
      `\`\`\`JSON\n${JSON_TEXT}\n\`\`\`\nI changed {tile} [1] first.`,
    ],
    ["in a fence of another language", `\`\`\`javascript\n${PRETTY}\n\`\`\``],
    [
      "in the second of two fences",
      `Best so far:\n\`\`\`json\n{"tile": 8}\n\`\`\`\nNext:\n\`\`\`json\n${JSON_TEXT}\n\`\`\``,
    ],
    ["in the first of two fences", `\`\`\`\n${JSON_TEXT}\n\`\`\`\nAs text:\n\`\`\`\ntile 8\n\`\`\``],
    ["after a first attempt that fits, too", `First ${OTHER}, or better: ${JSON_TEXT}`],
    ["behind prose with brackets and an odd quotation mark", `With {tile 5" wide} and {order}:\n${PRETTY}`],
    ["as a call of a tool", `<tool_call>\n{"name": "propose", "arguments": ${JSON_TEXT}}\n</tool_call>`],
    ["under a name of the model's own", `{"answer": ${JSON_TEXT}}`],
    ["as JSON within a JSON string", JSON.stringify(JSON_TEXT)],
    ["as a bare array", JSON.stringify(VALUE.configurations)],
    ["as a bare array in a fence, before empty ones", `\`\`\`json\n${JSON.stringify(VALUE.configurations)}\n\`\`\` []`],
    ["behind a byte order mark", `\ufeff${JSON_TEXT}`],
  ])("%s", (_, text) => {
    expect(readAnswer(wanted, text)).toEqual({ output: VALUE, complaints: [] });
  });

  it.each([
    ["commas too many", '{"configurations": [{"tile": 8, "order": "row",}, {"tile": 16, "order": null},],}'],
    ["comments", '{"configurations": [{"tile": 8, "order": "row"}, // best\n /* next */ {"tile": 16, "order": null}]}'],
    ["Python's words and quotes", "{'configurations': [{'tile': 8, 'order': 'row'}, {'tile': 16, 'order': None}]}"],
    ["names without quotes", '{configurations: [{tile: 8, order: "row"}, {tile: 16, order: null}]}'],
    ["typographic quotes", "{“configurations”: [{“tile”: 8, “order”: “row”}, {“tile”: 16, “order”: null}]}"],
    ["a comma too few", '{"configurations": [{"tile": 8 "order": "row"} {"tile": 16, "order": null}]}'],
  ])("with %s", (_, text) => {
    expect(readAnswer(wanted, `Here:\n${text}\nGood luck!`)).toEqual({ output: VALUE, complaints: [] });
  });
});

describe("no value is made up", () => {
  it.each([
    ["for a name without one", '{"configurations": [{"tile": 8, "order": }]}'],
    ["for an undefined value", '{"configurations": [{"tile": 8, "order": undefined}]}'],
    ["for what was cut", '{"configurations": [{"tile": 8, "order": "row"}, {"tile": 1'],
    ["for a malformed number", '{"configurations": [{"tile": 8., "order": "row"}]}'],
    ["for an empty array in prose", "I propose nothing: []"],
  ])("%s", (_, text) => {
    expect(readAnswer(wanted, text).output).toBeNull();
  });

  it("and reports the mistake in an answer instead of reading a part of it", () => {
    const schema = z.object({ best: z.object({ best: z.object({ tile: z.int() }).nullable() }).nullable() });
    const text = '{"best": {"best": {"tile": "large"}}}';
    expect(readAnswer(schema, text).complaints[0]).toMatch(/^best\.best\.tile: /);
  });
});

describe("without an answer, the complaints say why", () => {
  it.each([
    ["I would try a larger tile first.", /^the answer is not JSON$/],
    ["", /^the answer is not JSON$/],
    ['{"configurations": [{"tile": 8.5, "order": "row"}]}', /^configurations\[0\]\.tile: .*int/],
    ['Not {"x": 1}, but {"configurations": "none"}, as in {"y": 2}', /^configurations: .*array/],
  ])("%j", (text, complaint) => {
    const { output, complaints } = readAnswer(wanted, text);
    expect(output).toBeNull();
    expect(complaints[0]).toMatch(complaint);
  });
});

it.each([
  ["brackets that open", "[{".repeat(65_000)],
  ["brackets that close the wrong ones", `${"[".repeat(65_000)}${"}".repeat(65_000)}`],
  ["pairs in pairs", `${"[".repeat(65_000)}${"]".repeat(65_000)}`],
  ["many small values", '{"a":1}'.repeat(18_000)],
  ["quotation marks", '{"'.repeat(65_000)],
])("a hostile answer is read to its end: %s", (_, text) => {
  expect(readAnswer(wanted, text).output).toBeNull();
});
