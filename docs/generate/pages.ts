/** The generated pages, for the script that writes them and for the test that looks whether they are current. */
import { coordinator } from "@kevo/coordinator/cli/program.ts";
import { gpuEvaluator } from "@kevo/gpu-evaluator/cli/program.ts";
import { islandWorker } from "@kevo/island-worker/cli/program.ts";
import { researchStage } from "@kevo/research-stage/cli/program.ts";
import { CLI_INTRO } from "./cli-intro.ts";
import { cliPage } from "./cli-page.ts";
import { jsonShapes } from "./json-shapes.ts";

export const CLI_PAGE = new URL("../cli.md", import.meta.url);

export async function renderCliPage(): Promise<string> {
  const programs = [coordinator(), gpuEvaluator(), islandWorker(), researchStage()];
  return cliPage(programs, await jsonShapes(), CLI_INTRO);
}
