/** What a person can do to a run. Each action asks first, and is stored with who did it and when. */
import type { RunAnswer } from "../../../contract/runs.ts";
import { Empty, Failure, Loading } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import { newest } from "../../data/live.ts";
import { useKeys } from "../../state/keys.ts";
import { at, linkTo, place } from "../../state/location.ts";
import { shownRun } from "../../state/run.ts";
import { ask, Confirmation, outcome } from "./ask.tsx";
import { Budget } from "./budget.tsx";
import { Devices } from "./devices.tsx";
import { Inject } from "./inject.tsx";
import "./actions.css";

export function Actions() {
  const { run } = place.value;
  const shown = shownRun.value;
  if (run === null) return <Failure message="This page needs a run." />;
  if (shown === null) return <Loading label="Loading the run" />;
  return (
    <>
      <div>
        <h1>Actions</h1>
        <Outcome />
      </div>
      {at.value !== null ? (
        <section class="panel">
          <Empty title="A replay shows the past, which nothing changes.">Go back to now to act on the run.</Empty>
        </section>
      ) : (newest.value?.live ?? shown.about.live) ? (
        <Forms run={run} shown={shown} />
      ) : (
        <section class="panel">
          {shown.summary.status === "completed" || shown.summary.status === "stopped" ? (
            <Empty title="This run is over.">A run can be paused, stopped or changed while it goes on.</Empty>
          ) : (
            <Empty title="No coordinator works on this run.">
              <code>coordinator resume</code> continues it.
            </Empty>
          )}
        </section>
      )}
      <Confirmation run={run} />
    </>
  );
}

function Outcome() {
  const done = outcome.value;
  return (
    <div role="status" data-testid="outcome">
      {done !== null && (
        <p class="done">
          <Untrusted text={done.message} />{" "}
          {done.candidate !== null && (
            <a href={linkTo("candidates", { candidate: done.candidate })}>{done.candidate}</a>
          )}
        </p>
      )}
    </div>
  );
}

function Forms({ run, shown }: { readonly run: string; readonly shown: RunAnswer }) {
  const pause = () =>
    shown.paused
      ? ask({
          action: "resume",
          body: {},
          title: "Resume the run",
          consequence: "The islands propose again, and their batches are accepted.",
          confirm: "Resume",
        })
      : ask({
          action: "pause",
          body: {},
          title: "Pause the run",
          consequence: "No further batch is accepted until the run is resumed. Candidates in progress are finished.",
          confirm: "Pause",
        });
  const stop = () =>
    ask({
      action: "stop",
      body: {},
      title: "Stop the run",
      consequence:
        "No further batch is accepted. Candidates in progress are finished, then the winner is confirmed and named. This cannot be undone.",
      confirm: "Stop the run",
      dangerous: true,
    });
  const migrate = () =>
    ask({
      action: "migrate",
      body: {},
      title: "Migrate now",
      consequence: "Every island offers its elites to its neighbors, beside the migrations that are due anyway.",
      confirm: "Migrate",
    });
  useKeys("Actions", [
    { key: "p", does: "Pause or resume", run: pause },
    { key: "m", does: "Migrate now", run: migrate },
    { key: "s", does: "Stop", run: stop },
  ]);
  return (
    <>
      <section class="panel" aria-label="The run">
        <header>
          <h2>The run</h2>
        </header>
        <div class="buttons">
          <button type="button" onClick={pause}>
            {shown.paused ? "Resume" : "Pause"}
          </button>
          <button type="button" onClick={migrate} disabled={shown.summary.islands < 2}>
            Migrate now
          </button>
          <button type="button" class="danger" onClick={stop}>
            Stop
          </button>
        </div>
      </section>
      <Budget shown={shown} />
      <Devices run={run} />
      <Inject shown={shown} />
    </>
  );
}
