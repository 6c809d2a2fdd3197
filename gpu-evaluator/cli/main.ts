/** The command `gpu-evaluator`. */
import { runProgram } from "@kevo/core/program/run-program.ts";
import packageJson from "../package.json" with { type: "json" };
import { gpuEvaluator } from "./program.ts";

await runProgram(gpuEvaluator(), packageJson.version);
