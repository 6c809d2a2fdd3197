/** The command `coordinator`. */
import "@kevo/core/program/fast-loading.ts";
import packageJson from "../package.json" with { type: "json" };

const { runProgram } = await import("@kevo/core/program/run-program.ts");
const { coordinator } = await import("./program.ts");
await runProgram(coordinator(), packageJson.version);
