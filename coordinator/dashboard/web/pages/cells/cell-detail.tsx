/** One workload: its winner beside every baseline, and the way to its islands. */
import type { Cell } from "../../../contract/landscape.ts";
import {
  formatCount,
  formatInterval,
  formatNumber,
  formatSpeedup,
  formatTime,
  MISSING,
} from "../../components/format.ts";
import { Untrusted } from "../../components/text.tsx";
import { linkTo } from "../../state/location.ts";

export function CellDetail({ cell, perWorkload }: { readonly cell: Cell; readonly perWorkload: boolean }) {
  const { speedup, time_us, islands, candidate } = cell;
  const interval = formatInterval(speedup?.low, speedup?.high);
  return (
    <section class="panel cell-detail" aria-label={`Workload ${cell.workload}`} aria-live="polite">
      <header>
        <h2>
          <Untrusted text={cell.workload} />
        </h2>
        <span class="number">
          {speedup === null ? MISSING : formatSpeedup(speedup.value)}
          {interval !== "" && <span class="interval"> {interval}</span>}
        </span>
      </header>
      <Times cell={cell} />
      <dl class="facts">
        {cell.tflops !== null && (
          <>
            <dt>Throughput</dt>
            <dd>{formatNumber(cell.tflops, 3)} TFLOP/s</dd>
          </>
        )}
        <dt>Measured</dt>
        <dd>
          {cell.rounds === 0
            ? "once, as it was found"
            : `${cell.rounds} more ${cell.rounds === 1 ? "time" : "times"}, on fresh inputs`}
        </dd>
        <dt>Evaluations</dt>
        <dd>{formatCount(cell.evaluations)}</dd>
        {cell.proposer !== null && (
          <>
            <dt>Proposer</dt>
            <dd>
              <Untrusted text={cell.proposer.replaceAll("_", " ")} />
            </dd>
          </>
        )}
        {Object.entries(cell.features).map(([name, value]) => (
          <Feature key={name} name={name} value={value} />
        ))}
      </dl>
      {time_us === null && <p class="note">No candidate was measured here so far.</p>}
      <p class="detail-links">
        {perWorkload &&
          islands.map((island) => (
            <a key={island} class="button" href={linkTo("islands", { island: String(island) })}>
              Island {island}
            </a>
          ))}
        {candidate !== null && (
          <>
            <a class="button" href={linkTo("candidates", { candidate })}>
              Candidate
            </a>
            <a class="button" href={linkTo("lineage", { candidate })}>
              Lineage
            </a>
          </>
        )}
      </p>
    </section>
  );
}

function Feature({ name, value }: { readonly name: string; readonly value: string | number | boolean }) {
  return (
    <>
      <dt>
        <Untrusted text={name} />
      </dt>
      <dd>
        <Untrusted text={String(value)} />
      </dd>
    </>
  );
}

/** The shorter the bar, the faster. */
function Times({ cell }: { readonly cell: Cell }) {
  const rows = [
    ...(cell.time_us === null ? [] : [{ name: "best candidate", us: cell.time_us, own: true }]),
    ...Object.entries(cell.baselines)
      .sort(([, a], [, b]) => a - b)
      .map(([name, us]) => ({ name, us, own: false })),
  ];
  const longest = Math.max(...rows.map(({ us }) => us));
  if (rows.length === 0) return null;
  return (
    <ul class="times" aria-label="Times">
      {rows.map(({ name, us, own }) => (
        <li key={name} class={own ? "own" : ""}>
          <span class="name">
            <Untrusted text={name} />
          </span>
          <span class="number">{formatTime(us / 1000)}</span>
          <i style={{ width: `${(us / longest) * 100}%` }} />
        </li>
      ))}
    </ul>
  );
}
