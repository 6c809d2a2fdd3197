import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { UserError } from "../errors/user-error.ts";
import { hashOf, type ModelRequest } from "./call.ts";
import { loadDemos, saveDemos } from "./demo-file.ts";
import { messagesOf, signature } from "./signature.ts";

const double = signature({
  name: "double",
  instructions: "Double the number.",
  input: z.object({ number: z.int().describe("to be doubled"), note: z.string().nullable() }),
  output: z.object({ doubled: z.int() }),
});

describe("a signature", () => {
  it("has a strict schema: all required, nothing else allowed, limits in descriptions", () => {
    const { answer } = signature({
      name: "s",
      instructions: "",
      input: z.object({}),
      output: z.object({
        items: z
          .array(z.object({ n: z.int().min(1).max(8), kind: z.enum(["a", "b"]) }))
          .min(2)
          .describe("Best first."),
        word: z.string().regex(/^x/).nullable(),
      }),
    });
    expect(answer.schema).toMatchObject({
      required: ["items", "word"],
      additionalProperties: false,
      properties: {
        items: {
          type: "array",
          description: "Best first. (at least 2 items)",
          items: {
            additionalProperties: false,
            properties: { n: { type: "integer", description: "(at least 1, at most 8)" }, kind: { enum: ["a", "b"] } },
          },
        },
        word: { anyOf: [{ type: "string", description: "(matching /^x/)" }, { type: "null" }] },
      },
    });
    expect(JSON.stringify(answer.schema)).not.toMatch(/"(minimum|maximum|minItems|pattern|format|\$schema)"/);
  });

  it.each([
    [
      "an optional field",
      z.object({ deep: z.object({ a: z.string().optional() }) }),
      /s\.deep\.a is optional.*nullable/,
    ],
    ["a record", z.object({ map: z.record(z.string(), z.int()) }), /s\.map is a record.*array/],
  ])("refuses %s, which a strict schema cannot express", (_, output, message) => {
    const parts = { name: "s", instructions: "", input: z.object({}), output };
    expect(() => signature(parts)).toThrow(UserError);
    expect(() => signature(parts)).toThrow(message);
  });

  it("asks with instructions, demos and the fields by name, and omits null", () => {
    const demos = [{ input: { number: 2, note: null }, output: { doubled: 4 } }];
    const messages = messagesOf(double, { number: 3, note: "quick" }, demos);
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
    expect(messages[0]?.content).toMatch(/^Double the number\./);
    expect(messages[1]?.content).toBe("## number (to be doubled)\n\n2");
    expect(messages[2]?.content).toBe('{"doubled":4}');
    expect(messages[3]?.content).toBe("## number (to be doubled)\n\n3\n\n## note\n\nquick");
  });

  it("has a hash that changes with its input and output", () => {
    const hashes = [
      double,
      signature({ ...double, instructions: "Triple it." }),
      signature({ ...double, output: z.object({ doubled: z.number() }) }),
      signature({ ...double, input: z.object({ number: z.int() }) }),
    ].map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(4);
    expect(signature({ ...double }).hash).toBe(double.hash);
  });
});

it("a question's hash tells questions apart that differ in anything, and knows the same one again", () => {
  const base: ModelRequest = { messages: [{ role: "user", content: "a" }], answer: double.answer, maxTokens: 10 };
  const others: ModelRequest[] = [
    { ...base, seed: 1 },
    { ...base, temperature: 1 },
    { ...base, maxTokens: 11 },
    { ...base, messages: [{ role: "user", content: "b" }] },
  ];
  const hashes = [base, ...others].map((request) => hashOf("m", request));
  expect(new Set([...hashes, hashOf("other", base)]).size).toBe(6);
  expect(hashOf("m", { ...base, seed: undefined })).toBe(hashes[0]);
});

describe("demos in a file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kevo-demos-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("come back, but only for the signature that they were made for", () => {
    const path = join(folder, "double.json");
    const demos = [{ input: { number: 2, note: null }, output: { doubled: 4 } }];
    saveDemos(path, double, demos);
    expect(loadDemos(path, double)).toEqual(demos);
    expect(() => loadDemos(path, signature({ ...double, instructions: "New." }))).toThrow(/another version of double/);
    writeFileSync(path, "{}");
    expect(() => loadDemos(path, double)).toThrow(/no examples of version 1/);
    expect(() => loadDemos(join(folder, "none"), double)).toThrow(UserError);
  });
});
