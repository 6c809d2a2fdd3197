/** Runs of the research stage: from what was read to the kernels that came of it. */
import type { ResearchListAnswer, ResearchSummary } from "../../../contract/research.ts";
import { formatCount, formatDollars, formatMoment, formatSpeedup, MISSING } from "../../components/format.ts";
import { Scroll } from "../../components/scroll.tsx";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import "../../draw/draw.css";
import { useQuery } from "../../data/query.ts";
import { place, placeHref } from "../../state/location.ts";
import { Path } from "./path.tsx";
import "./research.css";

export function Research() {
  const list = useQuery("research");
  const chosen = place.value.params.get("research");
  return (
    <>
      <h1>Research</h1>
      <Answer query={list} label="Loading the research runs">
        {(answer) =>
          answer.research.length === 0 ? (
            <Empty title="No research run">
              {answer.database === null ? (
                <>
                  There is no research database beside this lineage database.{" "}
                  <code>research-stage run --recording</code> replays a demonstration.
                </>
              ) : (
                "The research database holds no run so far."
              )}
            </Empty>
          ) : (
            <Body answer={answer} chosen={chosen} />
          )
        }
      </Answer>
    </>
  );
}

function Body({ answer, chosen }: { readonly answer: ResearchListAnswer; readonly chosen: string | null }) {
  const { research } = answer;
  const current = research.find((one) => one.research === chosen) ?? research[0];
  return (
    <>
      {research.length > 1 && (
        <section class="panel">
          <header>
            <h2>Research runs</h2>
          </header>
          <List research={research} current={current?.research ?? ""} />
        </section>
      )}
      {current !== undefined && <Chosen key={current.research} summary={current} />}
    </>
  );
}

function List({ research, current }: { readonly research: readonly ResearchSummary[]; readonly current: string }) {
  return (
    <Scroll label="Research runs">
      <table>
        <thead>
          <tr>
            <th>Domain</th>
            <th>State</th>
            <th class="right">Works</th>
            <th class="right">Ideas</th>
            <th class="right">Kernels</th>
            <th class="right">Best</th>
            <th class="right">Cost</th>
            <th>Started</th>
          </tr>
        </thead>
        <tbody>
          {research.map((one) => (
            <tr key={one.research} class={one.research === current ? "current" : ""}>
              <td>
                <a
                  href={placeHref("research", null, { research: one.research })}
                  aria-current={one.research === current ? "true" : undefined}
                >
                  <Untrusted text={one.domain} />
                </a>
              </td>
              <td>{one.status}</td>
              <td class="right number">{formatCount(one.records)}</td>
              <td class="right number">{formatCount(one.ideas)}</td>
              <td class="right number">{formatCount(one.kernels)}</td>
              <td class="right number">{one.best_speedup === null ? MISSING : formatSpeedup(one.best_speedup)}</td>
              <td class="right number">{formatDollars(one.usd)}</td>
              <td class="number">{formatMoment(one.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Chosen({ summary }: { readonly summary: ResearchSummary }) {
  const detail = useQuery("researchRun", { research: summary.research });
  return (
    <>
      <div class="page-head">
        <h2>
          <Untrusted text={summary.domain} />
        </h2>
        <span class="note">
          {summary.research} · {summary.status} · {formatDollars(summary.usd)}
        </span>
      </div>
      {summary.message !== null && (
        <p class="note">
          <Untrusted text={summary.message} />
        </p>
      )}
      <Answer query={detail} label="Loading the research run">
        {(answer) => <Path answer={answer} />}
      </Answer>
    </>
  );
}
