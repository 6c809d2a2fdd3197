/** Starts a candidate through a referee, says its process id, and waits to be killed. */
import { Referee } from "./referee.ts";

const [executable, candidate, folder] = process.argv.slice(2) as [string, string, string];
const referee = new Referee(executable, folder);
const [pid] = await referee.command("spawn", 0, candidate, folder, 1, 2 ** 30, 5_000);
console.log(pid);
setInterval(() => {}, 1_000);
