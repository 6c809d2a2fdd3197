/** The bar below every page of a run that moves it through the run's logs. */
import { useEffect, useState } from "preact/hooks";
import type { About } from "../../contract/common.ts";
import { ENDPOINTS, pathTo } from "../../contract/endpoints.ts";
import { formatCount } from "../components/format.ts";
import { Value } from "../components/value.tsx";
import { get } from "../data/client.ts";
import { useKeys } from "../state/keys.ts";
import { at } from "../state/location.ts";
import { shownRun } from "../state/run.ts";
import { nextMark, otherSpeed, SPEEDS } from "./advance.ts";
import { close, keepPlaying, opened, playing, seek, speed } from "./replay.ts";
import "./replay.css";

export function ReplayBar({ run }: { readonly run: string }) {
  const shown = opened.value || at.value !== null;
  useKeys("Replay", [{ key: "r", does: "Open or close the replay", run: () => (shown ? close() : open()) }]);
  const about = shownRun.value?.about ?? null;
  return shown && about !== null ? <Bar key={run} run={run} about={about} /> : null;
}

export function open(): void {
  opened.value = true;
}

function Bar({ run, about }: { readonly run: string; readonly about: About }) {
  const end = about.latest;
  const position = Math.min(at.value ?? end, end);
  const marks = useMarks(run, about.live ? 0 : end);
  useEffect(() => keepPlaying(() => shownRun.peek()?.about.latest ?? 0), []);
  useEffect(
    () => () => {
      playing.value = false;
    },
    [],
  );
  const toggle = () => {
    // From the end there is only one way on: from the start.
    if (!playing.value && position >= end) seek(0);
    playing.value = !playing.value;
  };
  const jump = (direction: 1 | -1) => seek(nextMark(marks, position, direction, end));
  const change = (step: 1 | -1) => {
    speed.value = otherSpeed(speed.value, step);
  };
  useKeys("While a replay is open", [
    { key: "p", does: "Play or pause", run: toggle },
    { key: ",", does: "One evaluation back", run: () => seek(position - 1) },
    { key: ".", does: "One evaluation forwards", run: () => seek(Math.min(end, position + 1)) },
    { key: "[", does: "To the improvement before", run: () => jump(-1) },
    { key: "]", does: "To the next improvement", run: () => jump(1) },
    { key: "<", does: "Slower", run: () => change(-1) },
    { key: ">", does: "Faster", run: () => change(1) },
  ]);
  const best = shownRun.value?.summary.best ?? null;
  return (
    <section class="replay" aria-label="Replay">
      <div class="replay-buttons">
        <button
          type="button"
          aria-label="To the improvement before"
          title="To the improvement before ([)"
          onClick={() => jump(-1)}
        >
          <Icon path="M5 3v10M13 3L7 8l6 5z" />
        </button>
        <button
          type="button"
          class="primary play"
          aria-label={playing.value ? "Pause" : "Play"}
          title="Play or pause (p)"
          onClick={toggle}
        >
          <Icon path={playing.value ? "M5 3v10M11 3v10" : "M5 3l8 5-8 5z"} />
        </button>
        <button
          type="button"
          aria-label="To the next improvement"
          title="To the next improvement (])"
          onClick={() => jump(1)}
        >
          <Icon path="M11 3v10M3 3l6 5-6 5z" />
        </button>
      </div>
      <div class="replay-track">
        <input
          type="range"
          aria-label="Evaluation"
          min={0}
          max={end}
          step={1}
          value={position}
          aria-valuetext={`${position} of ${end} evaluations`}
          onInput={(event) => seek(Number(event.currentTarget.value))}
        />
        <svg class="replay-marks" viewBox={`0 0 ${Math.max(1, end)} 6`} preserveAspectRatio="none" aria-hidden="true">
          {marks.map((mark) => (
            <line key={mark} x1={mark} x2={mark} y1="0" y2="6" />
          ))}
        </svg>
      </div>
      <p class="replay-text">
        <span class="number">
          <b>{formatCount(position)}</b> of {formatCount(end)}
        </span>
        <span class="best">
          best <Value objective={about.objective} measured={best} />
        </span>
      </p>
      <label class="replay-speed">
        <span class="visually-hidden">Speed</span>
        <select
          value={String(speed.value)}
          onChange={(event) => {
            speed.value = Number(event.currentTarget.value);
          }}
        >
          {SPEEDS.map((one) => (
            <option key={one} value={String(one)}>
              {one} per second
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="quiet" aria-label="Close the replay" title="Back to now (r)" onClick={close}>
        ✕
      </button>
    </section>
  );
}

/** Improvements of the whole run, also those after the position; of a live run, as they were when the bar was opened. */
function useMarks(run: string, end: number): readonly number[] {
  const [marks, setMarks] = useState<readonly number[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const { path, answer } = ENDPOINTS.progress;
    get(pathTo(path, { run }), answer, stop.signal).then(
      ({ improvements }) => setMarks(improvements.map(({ evaluation }) => evaluation)),
      // Without marks the bar still moves.
      () => {},
    );
    return () => stop.abort();
  }, [run, end]);
  return marks;
}

function Icon({ path }: { readonly path: string }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={path} fill="currentColor" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
    </svg>
  );
}
