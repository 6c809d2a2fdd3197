import type { RunSummary } from "../../../contract/runs.ts";
import { formatCount, formatDollars, formatDuration, formatMoment } from "../../components/format.ts";
import { STATUS_KIND, STATUS_NAME } from "../../components/names.ts";
import { Untrusted } from "../../components/text.tsx";
import { Meter, objectiveTitle, Value } from "../../components/value.tsx";
import { placeHref } from "../../state/location.ts";
import { MAX_COMPARED } from "./limits.ts";

interface RunTableProps {
  readonly runs: readonly RunSummary[];
  readonly compared: readonly string[];
  readonly onCompare: (run: RunSummary) => void;
}

export function RunTable({ runs, compared, onCompare }: RunTableProps) {
  return (
    <div class="scroll-x">
      <table class="cards runs">
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Compare</span>
            </th>
            <th scope="col">Run</th>
            <th scope="col">State</th>
            <th scope="col">Kernel and device</th>
            <th scope="col" class="right">
              Best
            </th>
            <th scope="col" class="right">
              Evaluations
            </th>
            <th scope="col" class="right">
              Failed
            </th>
            <th scope="col" class="right">
              Time
            </th>
            <th scope="col" class="right">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row
              key={run.run}
              run={run}
              compared={compared.includes(run.run)}
              full={compared.length >= MAX_COMPARED}
              onCompare={onCompare}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly run: RunSummary;
  readonly compared: boolean;
  readonly full: boolean;
  readonly onCompare: (run: RunSummary) => void;
}

function Row({ run, compared, full, onCompare }: RowProps) {
  const { evaluations, time_s, usd } = run.budget;
  const failed = Object.entries(run.outcomes).reduce(
    (sum, [outcome, count]) => (outcome === "ok" ? sum : sum + count),
    0,
  );
  const isDead = run.status === "running" && !run.live;
  return (
    <tr>
      <td class="pick">
        <input
          type="checkbox"
          aria-label={`Compare ${run.run}`}
          checked={compared}
          disabled={full && !compared}
          onChange={() => onCompare(run)}
        />
      </td>
      <td class="lead">
        <a data-row class="run-id" href={placeHref("run", run.run)}>
          <Untrusted text={run.run} />
        </a>
        <div class="note">
          {formatMoment(run.created_at)}
          {run.control !== null && " · control"}
        </div>
      </td>
      <td data-label="State">
        <span class={`pill ${isDead ? "warn" : STATUS_KIND[run.status]}`} title={run.message ?? undefined}>
          {run.live && <i class="dot" />}
          {isDead ? "No coordinator" : STATUS_NAME[run.status]}
        </span>
      </td>
      <td data-label="Kernel">
        <Untrusted text={run.kernel} />
        <div class="note">
          {run.devices.length === 0 ? run.backend : <Untrusted text={run.devices.join(", ")} />}
          {run.workloads > 1 && ` · ${run.workloads} workloads`}
        </div>
      </td>
      <td data-label="Best" class="right" title={objectiveTitle(run.objective)}>
        <b>
          <Value objective={run.objective} measured={run.best} />
        </b>
        {run.best !== null && (
          <div class="note">{run.best.rounds > 0 ? `measured ${run.best.rounds + 1} times` : "measured once"}</div>
        )}
      </td>
      <td data-label="Evaluations" class="right">
        <span class="number">
          {formatCount(evaluations.used)}
          {evaluations.limit !== null && <span class="interval"> of {formatCount(evaluations.limit)}</span>}
        </span>
        <Meter used={evaluations.used} limit={evaluations.limit} label="Evaluations" />
      </td>
      <td data-label="Failed" class="right number">
        {formatCount(failed)}
      </td>
      <td data-label="Time" class="right number">
        {formatDuration(time_s.used * 1000)}
      </td>
      <td data-label="Cost" class="right number">
        {usd.used === 0 && usd.limit === null ? "–" : formatDollars(usd.used)}
      </td>
    </tr>
  );
}
