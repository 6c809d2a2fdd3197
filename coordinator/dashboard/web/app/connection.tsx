/** How fresh the page is: live, replayed, over, or cut off. */
import { useEffect, useState } from "preact/hooks";
import type { About } from "../../contract/common.ts";
import type { RunSummary } from "../../contract/runs.ts";
import { formatCount, formatDuration } from "../components/format.ts";
import { evaluatedNow } from "../data/evaluated.ts";
import { connection, newest } from "../data/live.ts";
import { at, setParams } from "../state/location.ts";
import { shownRun } from "../state/run.ts";

/** Once a second while it is needed. */
function useClock(runs: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!runs) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [runs]);
  return now;
}

/** A short loss, such as a page that the browser had put to sleep, is not worth a person's eye. Milliseconds. */
const QUIET_MS = 400;

export function ConnectionBanner() {
  const state = connection.value;
  const now = useClock(state.state === "lost");
  if (state.state !== "lost" || now - state.since < QUIET_MS) return null;
  if (isOver()) {
    return (
      <div class="banner calm" role="status" data-testid="lost">
        <strong>The run is over, and its coordinator has ended.</strong> The page shows what it last knew.{" "}
        <code>coordinator dashboard</code> shows the run again, and this page finds it by itself.
      </div>
    );
  }
  return (
    <div class="banner" role="status" data-testid="lost">
      <strong>Connection lost.</strong> For {formatDuration(Math.round((now - state.since) / 1000) * 1000)},{" "}
      {state.reason}. The page shows what it last knew and reconnects by itself.
    </div>
  );
}

/** Of a run that is over nothing is missed. */
const isOver = (): boolean => shownRun.value !== null && shownRun.value.summary.status !== "running";

interface FreshnessProps {
  readonly about: About;
  readonly status: RunSummary["status"];
}

export function Freshness({ about, status }: FreshnessProps) {
  if (at.value !== null) {
    return (
      <>
        <span class="pill accent" data-testid="freshness">
          Replay
        </span>
        <button type="button" class="small" onClick={() => setParams({ at: null })}>
          Back to now
        </button>
      </>
    );
  }
  const { name, kind, tells } = freshness(about, status);
  return (
    <span class={`pill ${kind}`} title={tells} data-testid="freshness">
      {kind === "good" && <i class="dot" />}
      {name}
    </span>
  );
}

function freshness(about: About, status: RunSummary["status"]): { name: string; kind: string; tells: string } {
  if (connection.value.state === "lost" && isOver())
    return { name: "Ended", kind: "", tells: "The run is over, and its coordinator has ended." };
  if (connection.value.state === "lost")
    return { name: "Reconnecting", kind: "bad", tells: "The server does not answer." };
  if (connection.value.state === "connecting")
    return { name: "Connecting", kind: "", tells: "Waiting for the server." };
  const live = newest.value?.live ?? about.live;
  if (live) return { name: "Live", kind: "good", tells: "Changes appear here as they happen." };
  if (status === "running") {
    return {
      name: "No coordinator",
      kind: "warn",
      tells: "No coordinator works on this run. `coordinator resume` continues it.",
    };
  }
  return { name: "Stored", kind: "", tells: "Read from the database." };
}

/** Where in the run the page stands. */
export function PositionText({ about, limit }: { readonly about: About; readonly limit: number | null }) {
  const evaluated = evaluatedNow(about.position.evaluated);
  const of = at.value === null ? limit : about.latest;
  return (
    <span class="position" data-testid="position">
      <b>{formatCount(evaluated)}</b>
      {of !== null && ` of ${formatCount(of)}`} {(of ?? evaluated) === 1 ? "evaluation" : "evaluations"}
    </span>
  );
}
