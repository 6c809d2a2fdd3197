/**
 * `npm run test:fleet [-- --minutes M --evaluators N --life SECONDS --seed S]`: evaluators join a run and leave it at
 * random, killed or told to end, and afterwards the ledger is checked. Prints how busy the lanes were and how soon late
 * ones worked. The last line says whether it holds; it fails, with exit code 1, where the ledger is wrong, the lanes were less
 * than 90 % busy, or nothing was evaluated.
 */
import { parseArgs } from "node:util";
import { Churn } from "./churn.ts";
import { checkLedger } from "./ledger-check.ts";
import { startRun } from "./run.ts";

const MIN_BUSY = 0.9;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    evaluators: { type: "string", default: "20" },
    life: { type: "string", default: "60" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const [minutes, evaluators, seed] = [Number(values.minutes), Number(values.evaluators), Number(values.seed)];
const lifeS = Number(values.life);
console.log(`${evaluators} evaluators for ${minutes} min, each for ${lifeS} s on average, seed ${seed}`);

await using run = await startRun(minutes);
const churn = new Churn(run, { evaluators, lifeS, seed });
const shares = await run.watch();
await churn.end();

const { joined, killed, told } = churn;
console.log(`${joined.length} joined, ${killed} were killed, ${told} were told to end with a grace of 5 s`);
const busy = shares.reduce((sum, share) => sum + share, 0) / shares.length;
console.log(`lanes busy while there: ${(100 * busy).toFixed(1)} % (${shares.length} looks at a lane)`);
const checked = checkLedger(run.place.ledger(), joined);
const at = (share: number) => checked.joinMs[Math.ceil(share * checked.joinMs.length) - 1] ?? Number.NaN;
console.log(
  `from listening to the first candidate, ${checked.joinMs.length} evaluators: median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, all within ${at(1)} ms`,
);
console.log(
  `${checked.accepted} accepted, ${checked.evaluated} evaluated, ${checked.attempts} attempts: ${checked.lost} lost (${checked.unheard} before the evaluator had them), ${checked.handedBack} handed back`,
);
for (const wrong of checked.wrong) console.log(`WRONG: ${wrong}`);
// Without any look at a lane, there is no share.
const complaints = [
  ...(checked.wrong.length === 0 ? [] : ["the ledger is wrong"]),
  ...(busy >= MIN_BUSY ? [] : [`the lanes were not ${100 * MIN_BUSY} % busy`]),
  ...(checked.evaluated > 0 ? [] : ["nothing was evaluated"]),
];
const what = `${evaluators} evaluators for ${minutes} min, lanes ${(100 * busy).toFixed(1)} % busy while there`;
console.log(
  complaints.length === 0 ? `holds: ${what}, the ledger is exact` : `FAILS: ${complaints.join(", ")}; ${what}`,
);
process.exitCode = complaints.length === 0 ? 0 : 1;
