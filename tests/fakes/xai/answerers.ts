/** Who answers which signature with something to the point, in the fake that runs as a process. */
import type { Answerer } from "./answer.ts";
import { configurations } from "./configurations.ts";
import { researchAnswers } from "./research-answers.ts";
import { sources } from "./sources.ts";

export const answerers: readonly Answerer[] = [configurations, sources, ...researchAnswers];
