/** Starts a candidate through a referee, says so, and waits to be killed. Arguments: the referee's command as JSON, … */
import { Referee } from "./referee.ts";

const [command, candidate, folder] = process.argv.slice(2) as [string, string, string];
const referee = new Referee(JSON.parse(command), folder);
await referee.spawn(0, { executable: candidate, folder, cores: 1, memoryBytes: 2 ** 30, source: null });
console.log("started");
setInterval(() => {}, 1_000);
