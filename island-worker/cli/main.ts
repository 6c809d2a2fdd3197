/** The command `island-worker`. */
import "@kevo/core/program/fast-loading.ts";
import packageJson from "../package.json" with { type: "json" };

const { runProgram } = await import("@kevo/core/program/run-program.ts");
const { islandWorker } = await import("./program.ts");
await runProgram(islandWorker(), packageJson.version);
