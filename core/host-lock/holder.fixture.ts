/**
 * A process that takes locks for host-lock.test.ts: `hold`, `read` or `count`, then the lock's name. It says on its
 * standard output what it has done, and ends when its standard input closes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { acquireExclusive, acquireShared } from "./host-lock.ts";

const [what, name = "", argument = ""] = process.argv.slice(2);
let asked = true;
process.stdin.resume().once("end", () => {
  asked = false;
});

if (what === "hold") {
  using _release = await (argument === "shared" ? acquireShared(name) : acquireExclusive(name));
  console.log("held");
  while (asked) await pause(1);
} else if (what === "read") {
  // Two readers that overlap, so that this process always holds the lock unless it is kept out.
  const reader = async () => {
    while (asked) {
      using _release = await acquireShared(name);
      console.log("read");
      await pause(3);
    }
  };
  await Promise.all([reader(), pause(1).then(reader)]);
} else {
  // Unprotected, increments of the file would be lost.
  while (asked) {
    using _release = await acquireExclusive(name);
    const count = Number(readFileSync(argument, "utf8"));
    await pause(0);
    writeFileSync(argument, String(count + 1));
    console.log("counted");
  }
}
