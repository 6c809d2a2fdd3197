/** Everything that is stored of one candidate. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { CandidateAnswer } from "../../../contract/candidates.ts";
import { counted, formatDuration, formatMoment, formatTime } from "../../components/format.ts";
import { OUTCOME_KIND, OUTCOME_NAME, proposerName } from "../../components/names.ts";
import { Answer } from "../../components/states.tsx";
import { CodeBlock, Untrusted } from "../../components/text.tsx";
import { objectiveTitle, Value } from "../../components/value.tsx";
import { useQuery } from "../../data/query.ts";
import { linkTo } from "../../state/location.ts";
import { Configuration } from "./configuration.tsx";
import { Relations } from "./relations.tsx";
import { Resources } from "./resources.tsx";
import { Workloads } from "./workloads.tsx";

interface DetailProps {
  readonly candidate: string;
  readonly onClose: () => void;
}

export function Detail({ candidate, onClose }: DetailProps) {
  const query = useQuery("candidate", { candidate });
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    // Beside the table the eye finds it; above it, on a narrow page, it has to be scrolled to.
    if (matchMedia("(max-width: 1100px)").matches) box.current?.scrollIntoView({ block: "start" });
  }, []);
  return (
    <aside ref={box} class="panel detail" aria-label="Candidate">
      <header>
        <h2 class="mono">
          <Untrusted text={candidate} />
        </h2>
        <button type="button" class="quiet" aria-label="Close the candidate" onClick={onClose}>
          ✕
        </button>
      </header>
      <Answer query={query} label="Loading the candidate">
        {(answer) => <Body answer={answer} />}
      </Answer>
    </aside>
  );
}

function Body({ answer }: { readonly answer: CandidateAnswer }) {
  const { row, objective } = answer;
  return (
    <div class="detail-body">
      <p class="headline">
        <span class={`pill ${OUTCOME_KIND[row.status]}`}>{OUTCOME_NAME[row.status]}</span>
        <b title={objectiveTitle(objective)}>
          <Value objective={objective} measured={row.measured} />
        </b>
        {objective.name !== "time" && <span>{formatTime(row.time_ms)}</span>}
        <a href={linkTo("lineage", { candidate: row.candidate })}>Ancestry</a>
      </p>
      <p class="note">
        {proposerName(row.proposer)} · island {row.island}, batch {row.batch}
        {row.evaluation !== null && ` · evaluation ${row.evaluation}`} ·{" "}
        {row.rounds > 0 ? `confirmed ${counted(row.rounds, "time")} on fresh inputs` : "measured once"}
        {row.stopped_early && " · stopped early"}
      </p>
      {answer.answered_by !== null && (
        <p class="note">
          Same genome as <a href={linkTo("candidates", { candidate: answer.answered_by })}>{answer.answered_by}</a>,
          whose result it has.
        </p>
      )}
      {answer.reason !== null && (
        <Section title="Why it was proposed">
          <CodeBlock {...answer.reason} label="Reason" />
        </Section>
      )}
      {answer.message !== null && (
        <Section title={row.status === "ok" ? "Compiler output" : "What went wrong"}>
          <CodeBlock {...answer.message} label="Message" />
        </Section>
      )}
      <Section title="Configuration">
        <Configuration answer={answer} />
      </Section>
      {answer.workloads.length > 0 && (
        <Section title={`Times of ${counted(answer.workloads.length, "workload")}`}>
          <Workloads workloads={answer.workloads} objective={objective} />
        </Section>
      )}
      {answer.resources.length > 0 && (
        <Section title="Resources">
          <Resources resources={answer.resources} />
        </Section>
      )}
      <Relations title="Parents" relations={answer.parents} />
      {answer.code !== null && (
        <Section title="Code">
          <CodeBlock {...answer.code} label="Code" />
        </Section>
      )}
      <Section title="Measured on">
        <Facts facts={placeFacts(answer)} />
      </Section>
      <Relations title={`Children (${answer.children_total})`} relations={answer.children} />
    </div>
  );
}

function placeFacts(answer: CandidateAnswer): [string, string][] {
  const facts: [string, string | null][] = [
    ["Device", answer.device_model],
    ["Place", answer.device === null ? null : `${answer.device} of evaluator ${answer.evaluator ?? "unknown"}`],
    ["Toolchain", answer.toolchain],
    ["Compiled in", answer.compile_ms === null ? null : formatDuration(answer.compile_ms)],
    ["Queued", answer.queued_ms === null ? null : formatDuration(answer.queued_ms)],
    ["On the device", answer.row.lane_ms === null ? null : formatDuration(answer.row.lane_ms)],
    ["Proposed", formatMoment(answer.row.created_at)],
    [
      "Attempts",
      answer.attempts.map(({ attempt, end, stage }) => `${attempt}: ${end ?? stage ?? "in progress"}`).join(", ") ||
        null,
    ],
    ["Genome", answer.genome],
    ...answer.conditions.map((one, at): [string, string] => [`Conditions ${at + 1}`, JSON.stringify(one)]),
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as [string, string]]));
}

function Facts({ facts }: { readonly facts: readonly [string, string][] }) {
  return (
    <dl class="fact-list">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>
            <Untrusted text={name} />
          </dt>
          <dd>
            <Untrusted text={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
