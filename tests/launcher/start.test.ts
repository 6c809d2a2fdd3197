import { expect, test } from "vitest";
import { coordinatorArguments } from "../../deploy/launcher/start.mjs";

const JOB = ["--islands", "4", "--evaluations", "200"];

test.each([
  { given: [], means: ["start", "--kernel", "attention-cpu", ...JOB] },
  { given: ["runs"], means: ["runs"] },
  { given: ["lineage", "best", "--json"], means: ["lineage", "best", "--json"] },
  { given: ["start", "--kernel", "x"], means: ["start", "--kernel", "x"] },
  { given: ["--help"], means: ["--help"] },
  { given: ["--evaluations", "20"], means: ["start", "--kernel", "attention-cpu", ...JOB, "--evaluations", "20"] },
  { given: ["--kernel=matmul-cpu"], means: ["start", ...JOB, "--kernel=matmul-cpu"] },
  {
    given: ["--backend", "replay", "--space", "a.json"],
    means: ["start", ...JOB, "--backend", "replay", "--space", "a.json"],
  },
])("npm start -- $given", ({ given, means }) => {
  expect(coordinatorArguments(given)).toEqual(means);
});
