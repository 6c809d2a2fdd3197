import { UserError } from "@kevo/core/errors/user-error.ts";
import { Command } from "commander";
import { expect, test } from "vitest";
import { addModelOptions, type ModelOptions, modelsOf } from "./model-options.ts";

function given(...args: string[]): ModelOptions {
  return addModelOptions(new Command()).parse(args, { from: "user" }).opts();
}
const keyed = { XAI_API_KEY: "xai-key" };

test("a run asks no model unless an option says so, even with keys set", () => {
  expect(modelsOf(given(), keyed)).toBeUndefined();
  expect(modelsOf(given("--llm", "none"), keyed)).toBeUndefined();
});

test("models are named once each, and may cost a dollar unless told otherwise", () => {
  expect(modelsOf(given("--llm", "grok-4.3, grok-4,grok-4.3"), keyed)).toEqual({
    models: ["grok-4.3", "grok-4"],
    budget_usd: 1,
    control: false,
  });
  expect(modelsOf(given("--llm", "grok-4.3", "--budget-usd", "0.05"), keyed)).toMatchObject({ budget_usd: 0.05 });
});

test("workers on other machines have their own keys", () => {
  expect(modelsOf(given("--llm", "grok-4.3"), null)).toMatchObject({ models: ["grok-4.3"] });
});

test.each([
  [["--llm", "grok-4.3"], "XAI_API_KEY"],
  [["--llm", "claude-sonnet-5"], "ANTHROPIC_API_KEY"],
  [["--llm", "grok-4.3,none"], "either models or none"],
  [["--llm", "a model"], '"a model" is not a model\'s name'],
  [["--llm", ""], "is not a model's name"],
  [["--llm-control"], "--llm-control requires --llm MODEL"],
  [["--llm", "grok-4.3", "--budget-usd", "much"], "--budget-usd much"],
  [["--llm", "grok-4.3", "--budget-usd", "-1"], "--budget-usd -1"],
])("%j is refused with a message", (args, message) => {
  expect(() => modelsOf(given(...args), {})).toThrow(UserError);
  expect(() => modelsOf(given(...args), {})).toThrow(message);
});
