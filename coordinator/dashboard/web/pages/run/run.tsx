import { Failure, Loading } from "../../components/states.tsx";
import { useQuery } from "../../data/query.ts";
import { place } from "../../state/location.ts";
import { shownRun } from "../../state/run.ts";
import { Failures } from "./failures.tsx";
import { Lanes } from "./lanes.tsx";
import { Notes } from "./notes.tsx";
import { ProgressPanel } from "./progress-panel.tsx";
import { Settings } from "./settings.tsx";
import { Summary } from "./summary.tsx";
import "./run.css";

export function Run() {
  const { run } = place.value;
  const shown = shownRun.value;
  const progress = useQuery(run === null ? null : "progress", { run: run ?? "" });
  if (run === null) return <Failure message="This page needs a run." />;
  return (
    <>
      <h1 class="visually-hidden">Run {run}</h1>
      {shown === null ? <Loading label="Loading the run" /> : <Summary answer={shown} />}
      <ProgressPanel query={progress} />
      <Lanes run={run} />
      <div class="columns">
        <Failures run={run} />
        {shown !== null && <Notes notes={shown.notes} />}
      </div>
      {shown !== null && <Settings answer={shown} />}
    </>
  );
}
