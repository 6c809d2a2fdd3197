/** A process that takes locks for host-lock.test.ts: `hold`, `churn` or `count`, then the lock's name. */
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { acquireExclusive, acquireShared } from "./host-lock.ts";

const [what, name = "", argument = ""] = process.argv.slice(2);

if (what === "hold") {
  const release = await (argument === "shared" ? acquireShared(name) : acquireExclusive(name));
  console.log("held");
  process.stdin.once("data", () => {
    release();
    process.exit();
  });
} else if (what === "churn") {
  // Two readers that overlap, so that this process always holds the lock unless it is kept out.
  console.log("held");
  const reader = async () => {
    for (;;) {
      using _release = await acquireShared(name);
      await pause(3);
    }
  };
  await Promise.all([reader(), pause(1).then(reader)]);
} else {
  // Unprotected, increments of the file would be lost.
  for (let round = 0; round < 40; round++) {
    using _release = await acquireExclusive(name);
    const count = Number(readFileSync(argument, "utf8"));
    await pause(0);
    writeFileSync(argument, String(count + 1));
  }
}
