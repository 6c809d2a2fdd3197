/** Asks a language model one small question, to see whether its server answers, and what the server takes. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { createCallStore } from "@kevo/core/llm/call-store.ts";
import { ModelError } from "@kevo/core/llm/errors.ts";
import { openModel } from "@kevo/core/llm/llm.ts";
import { predict } from "@kevo/core/llm/predict.ts";
import { signature } from "@kevo/core/llm/signature.ts";
import type { Spending } from "@kevo/core/llm/spending.ts";
import { z } from "zod";
import { type Finding, found, missing } from "./finding.ts";

const question = signature({
  name: "double_numbers",
  instructions: "Double each number.",
  input: z.object({ numbers: z.array(z.int()) }),
  output: z.object({ doubled: z.array(z.int()) }),
});

/** Room for a model that thinks first. */
const MAX_TOKENS = 2048;
const TIMEOUT_MS = 120_000;
/** A single small question has no budget; its cost is reported. */
const UNLIMITED: Spending = { reserve: async () => {}, settle: async () => {} };
const LABELS = { proposer: "llm", variant: null, island: null } as const;

/** The finding states the cost of the call, even of a failed one. */
export async function modelFinding(model: string, environment: NodeJS.ProcessEnv): Promise<Finding> {
  const name = `model ${model}`;
  const store = createCallStore();
  const spent = () => {
    const usd = store.calls.reduce((sum, { cost_usd, reserved_usd }) => sum + (cost_usd ?? reserved_usd), 0);
    return `the question cost $${usd.toFixed(4)}`;
  };
  try {
    const limits = { retries: 0, timeoutMs: TIMEOUT_MS };
    const client = openModel({ model, store, spending: UNLIMITED, environment, limits });
    const input = { numbers: [3, 5] };
    const options = { input, labels: LABELS, maxTokens: MAX_TOKENS, seed: 1, temperature: 0.7 };
    const { call } = await predict(question, client, options);
    const seconds = (call.latency_ms / 1000).toFixed(1);
    const by = call.answered_by === null ? "it" : call.answered_by;
    const detail = `${by} answered in ${seconds} s, asked with ${client.asks?.()}; ${spent()}`;
    return found(name, detail, ["model"]);
  } catch (error) {
    if (!(error instanceof ModelError) && !(error instanceof UserError)) throw error;
    return missing(name, `${error.message}; ${spent()}`, ["model"], `It did not answer: ${error.message}.`);
  }
}
