/**
 * The fake as a process:
 *
 *     node tests/fakes/xai/main.ts --port 0 --scenario server-error*2,ok [--key xai-test] [--delay 20000] [--charge worst]
 *     LLM_BASE_URL=http://127.0.0.1:PORT/v1 npm start -- --llm grok-4.3
 *
 * It says its URL in one line on standard output, and ends with SIGTERM or SIGINT.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { answerers } from "./answerers.ts";
import { BEHAVIOURS, parseScenario } from "./behaviour.ts";
import { CHARGES } from "./bill.ts";
import { startFakeXai } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    scenario: { type: "string", default: "ok" },
    key: { type: "string" },
    delay: { type: "string", default: "0" },
    charge: { type: "string", default: "usual" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  const steps = Object.entries(BEHAVIOURS).map(([name, does]) => `  ${name.padEnd(18)} ${does}`);
  console.log(
    `Scenario: steps separated by commas, one per call, each as name:value*times. The last step repeats.\n${steps.join("\n")}`,
  );
  process.exit(0);
}
parseScenario(values.scenario);
const fake = await startFakeXai({
  port: Number(values.port),
  scenario: values.scenario,
  key: values.key,
  delayMs: Number(values.delay),
  charge: z.enum(CHARGES).parse(values.charge),
  answerers,
});
console.log(fake.url);
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    const { received, chargedUsd } = fake;
    console.error(
      `${received.length} calls, $${chargedUsd.toFixed(6)} charged, at most ${fake.mostAtOnce} at the same time`,
    );
    void fake.close().then(() => process.exit(0));
  });
}
