/** The command `research-stage`. */
import { runProgram } from "@kevo/core/program/run-program.ts";
import packageJson from "../package.json" with { type: "json" };
import { researchStage } from "./program.ts";

await runProgram(researchStage(), packageJson.version);
