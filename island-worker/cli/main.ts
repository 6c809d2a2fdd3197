/** The command `island-worker`. */
import { runProgram } from "@kevo/core/program/run-program.ts";
import packageJson from "../package.json" with { type: "json" };
import { islandWorker } from "./program.ts";

await runProgram(islandWorker(), packageJson.version);
