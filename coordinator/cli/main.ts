/** The command `coordinator`. */
import { runProgram } from "@kevo/core/program/run-program.ts";
import packageJson from "../package.json" with { type: "json" };
import { coordinator } from "./program.ts";

await runProgram(coordinator(), packageJson.version);
