/** The signatures that get a meaningful answer, in the fake that runs as a process. */
import type { Answerer } from "./answer.ts";
import { codeChanges } from "./code-changes.ts";
import { configurations } from "./configurations.ts";
import { researchAnswers } from "./research-answers.ts";

export const answerers: readonly Answerer[] = [configurations, codeChanges, ...researchAnswers];
