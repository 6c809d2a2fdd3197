/**
 * Runs every cheat on this machine's CPU and prints a table: `npm run cheats:cpu`. The last line of standard output is
 * JSON. Ends with code 1 when a cheat gets through, or when the genuine kernel does not.
 */
import { UserError } from "@kevo/core/errors/user-error.ts";
import { openCpuBackend } from "@kevo/gpu-evaluator/backends/cpu/cpu-backend.ts";
import { kernelIn } from "@kevo/gpu-evaluator/backends/cpu/job.fixture.ts";
import { CHEATS_FOLDER, evaluate } from "./run.ts";
import { CPU_CHEATS, GENUINE, isRight } from "./suite.ts";

/** So often before all others, and after them. */
const GENUINE_TIMES = 3;
const genuine = Array.from({ length: GENUINE_TIMES }, () => ({ name: GENUINE, outcomes: ["ok"] as const }));

try {
  const backend = await openCpuBackend();
  try {
    const kernel = await kernelIn(CHEATS_FOLDER);
    const verdicts = [];
    for (const cheat of [...genuine, ...CPU_CHEATS, ...genuine]) {
      const { name } = cheat;
      const found = await evaluate(backend, kernel, { CHEAT: name });
      const right = isRight(cheat, found);
      const message = found.outcome === "ok" ? "" : found.message;
      console.log(`${right ? "  " : "! "}${name.padEnd(20)} ${found.outcome.padEnd(12)} ${message.slice(0, 110)}`);
      verdicts.push({ cheat: name, outcome: found.outcome, right, message });
    }
    console.log(JSON.stringify(verdicts));
    process.exitCode = verdicts.every(({ right }) => right) ? 0 : 1;
  } finally {
    await backend.close();
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`cheats: ${error.message}`);
  process.exitCode = 1;
}
