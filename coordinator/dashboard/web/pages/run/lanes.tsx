/** Each device over time: how much of it was at work, what was compiled beside, and which evaluators were there. */
import { useState } from "preact/hooks";
import type { Lane, LanesAnswer } from "../../../contract/lanes.ts";
import { useWidth } from "../../components/chart.tsx";
import { counted, formatDuration, formatMoment, formatShare } from "../../components/format.ts";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import { useQuery } from "../../data/query.ts";
import { areaPath, presence } from "./lane-shapes.ts";
import { Spans } from "./spans.tsx";

const WINDOWS = [
  { name: "Whole run", ms: null },
  { name: "Last 10 min", ms: 600_000 },
  { name: "Last minute", ms: 60_000 },
] as const;
/** The window moves in steps, so that it is not asked for anew with every change. Milliseconds. */
const STEP_MS = 5_000;

export function Lanes({ run }: { readonly run: string }) {
  const [window, setWindow] = useState<number | null>(null);
  const [end, setEnd] = useState(0);
  const from = window === null ? null : Math.floor((end - window) / STEP_MS) * STEP_MS;
  const query = useQuery("lanes", { run }, { from });
  const { data } = query.state.value;
  if (data !== null && window !== null && Math.abs(data.to - end) > STEP_MS) setEnd(data.to);
  return (
    <section class="panel" aria-label="Devices">
      <header>
        <h2>Devices</h2>
        <fieldset class="segments">
          <legend class="visually-hidden">Window</legend>
          {WINDOWS.map(({ name, ms }) => (
            <label key={name}>
              <input
                type="radio"
                name="window"
                checked={ms === window}
                onChange={() => {
                  setEnd(data?.to ?? 0);
                  setWindow(ms);
                }}
              />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
      </header>
      <Answer query={query} label="Loading the devices">
        {(answer) =>
          answer.lanes.length === 0 && answer.evaluators.length === 0 ? (
            <Empty title="No evaluator has served this run yet." />
          ) : (
            <Timeline answer={answer} />
          )
        }
      </Answer>
    </section>
  );
}

function Timeline({ answer }: { readonly answer: LanesAnswer }) {
  const [ref, width] = useWidth();
  return (
    <div class="lanes" ref={ref}>
      <p class="legend">
        <span>
          <i class="swatch verify" />
          Verify and time
        </span>
        {answer.lanes.some(({ spans }) => spans.some(({ outcome }) => outcome !== "ok")) && (
          <span>
            <i class="swatch failed" />
            Failed
          </span>
        )}
        <span>
          <i class="swatch compile" />
          Compile
        </span>
        <span>
          <i class="swatch idle" />
          Idle
        </span>
      </p>
      {width > 0 && (
        <>
          {answer.lanes.map((lane) => (
            <LaneRow key={`${lane.evaluator} ${lane.device}`} lane={lane} answer={answer} width={width} />
          ))}
          <Evaluators answer={answer} width={width} />
          <p class="ends note">
            <span>{formatMoment(answer.from)}</span>
            <span>{formatDuration(answer.to - answer.from)}</span>
            <span>{laterThan(answer.from, answer.to)}</span>
          </p>
        </>
      )}
    </div>
  );
}

interface RowProps {
  readonly answer: LanesAnswer;
  readonly width: number;
}

const HEIGHT = 40;

function LaneRow({ lane, answer, width }: RowProps & { readonly lane: Lane }) {
  const done = lane.candidates.reduce((sum, one) => sum + one, 0);
  const busiest = Math.max(1, ...lane.compiling);
  return (
    <div class="lane">
      <p>
        <b>
          <Untrusted text={lane.model} />
        </b>{" "}
        <span class="note">
          <Untrusted text={lane.address === "" ? lane.device : `${lane.device} at ${lane.address}`} /> ·{" "}
          {formatShare(lane.busy_share)} at work · {counted(done, "candidate")}
        </span>
      </p>
      <svg
        width={width}
        height={HEIGHT}
        role="group"
        aria-label={`${lane.model}: ${formatShare(lane.busy_share)} at work`}
      >
        <rect class="idle" width={width} height={HEIGHT} rx="3" />
        {lane.spans.length > 0 ? (
          <Spans spans={lane.spans} from={answer.from} to={answer.to} width={width} height={HEIGHT} />
        ) : (
          <>
            <path
              class="compile"
              d={areaPath(
                lane.compiling.map((one) => one / busiest),
                width,
                12,
                0,
              )}
            />
            <path class="verify" d={areaPath(lane.busy, width, HEIGHT - 14, 14)} />
          </>
        )}
      </svg>
    </div>
  );
}

/** The day is said once where both moments are of the same. */
function laterThan(from: number, to: number): string {
  const [first, last] = [formatMoment(from), formatMoment(to)];
  return first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last;
}

/** Of a run that is over it is only known that the evaluator was there to the end. */
const stateOf = (state: string, { about }: LanesAnswer): string =>
  state === "serving" && !about.live ? "served to the end" : state;

function Evaluators({ answer, width }: RowProps) {
  return (
    <ul class="evaluators">
      {answer.evaluators.map((one) => {
        const isThere = answer.about.live && (one.state === "serving" || one.state === "draining");
        const last = isThere ? answer.to : one.last_seen;
        const { left, right } = presence(one.first_seen, last, answer.from, answer.to, width);
        return (
          <li key={one.id}>
            <p>
              <Untrusted text={one.address} />{" "}
              <span
                class={`pill ${one.state === "serving" && answer.about.live ? "good" : one.state === "draining" ? "warn" : ""}`}
              >
                {stateOf(one.state, answer)}
              </span>{" "}
              <span class="note">
                {counted(one.candidates, "candidate")}
                {one.lost_attempts > 0 && ` · ${counted(one.lost_attempts, "attempt")} lost`} ·{" "}
                {isThere ? "since" : "from"} {formatMoment(one.first_seen).slice(11)}
                {!isThere && ` to ${formatMoment(last).slice(11)}`}
              </span>
            </p>
            <svg width={width} height="6" aria-hidden="true">
              <rect class="idle" width={width} height="6" rx="3" />
              <rect class={one.state} x={left} width={Math.max(2, right - left)} height="6" rx="3" />
            </svg>
          </li>
        );
      })}
    </ul>
  );
}
