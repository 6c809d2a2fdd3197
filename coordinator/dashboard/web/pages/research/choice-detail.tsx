/** What was chosen, in full. */
import type { ForeignText } from "../../../contract/common.ts";
import type { Gap, Idea, ResearchAnswer, ResearchRecord } from "../../../contract/research.ts";
import { formatShare, formatSpeedup } from "../../components/format.ts";
import { CodeBlock, Untrusted } from "../../components/text.tsx";
import { visibleText } from "../../components/untrusted.ts";
import { placeHref } from "../../state/location.ts";
import type { Choice } from "./trail.ts";
import { verdictOf } from "./verdict.ts";

interface ChoiceProps {
  readonly answer: ResearchAnswer;
  readonly choice: Choice;
  readonly onChoose: (choice: Choice) => void;
}

export function ChoiceDetail({ answer, choice, onChoose }: ChoiceProps) {
  const { kind, id } = choice;
  const record = kind === "record" ? answer.records.find((one) => one.record === id) : undefined;
  const gap = kind === "gap" ? answer.gaps.find((one) => one.gap === id) : undefined;
  const idea = kind === "idea" || kind === "kernel" ? answer.ideas.find((one) => one.idea === id) : undefined;
  return (
    <section class="panel prose choice" aria-label="The choice" aria-live="polite">
      {record !== undefined && <RecordView record={record} />}
      {gap !== undefined && <GapView gap={gap} />}
      {idea !== undefined &&
        (kind === "kernel" ? <KernelView idea={idea} onChoose={onChoose} /> : <IdeaView idea={idea} />)}
    </section>
  );
}

function RecordView({ record }: { readonly record: ResearchRecord }) {
  return (
    <>
      <header>
        <h2>
          <Untrusted text={record.title ?? record.record} />
        </h2>
        {record.published_at !== null && (
          <span class="note">
            <Untrusted text={record.published_at.slice(0, 10)} />
          </span>
        )}
      </header>
      {record.suspicious && (
        <p class="pill warn">A passage reads like an instruction to a model. No model saw this work.</p>
      )}
      {record.url !== null && (
        <p class="mono">
          <a href={record.url} target="_blank" rel="noopener noreferrer">
            <Untrusted text={record.url} />
          </a>
        </p>
      )}
      {record.posts.map((post) => (
        <div key={post.post} class="post">
          <h3>
            <Untrusted text={post.author === null ? "Unknown author" : post.author} />{" "}
            <span class="note">
              <Untrusted text={post.at} />
            </span>
          </h3>
          <Text label="Post" of={post.text} />
        </div>
      ))}
      {record.claims.length > 0 && <h3>Claims</h3>}
      {record.claims.map((claim, at) => (
        <Text key={at} label="Claim" of={claim} />
      ))}
    </>
  );
}

function GapView({ gap }: { readonly gap: Gap }) {
  return (
    <>
      <header>
        <h2>
          <Untrusted text={gap.title} />
        </h2>
        <span class="note">round {gap.round}</span>
      </header>
      <Text label="Description of the gap" of={gap.description} />
    </>
  );
}

function IdeaView({ idea }: { readonly idea: Idea }) {
  const verdict = verdictOf(idea.verdict);
  return (
    <>
      <header>
        <h2>
          <Untrusted text={idea.title} />
        </h2>
        <span class={`pill ${verdict.kind}`}>{verdict.name}</span>
      </header>
      <p class="note">
        The model predicted a feasibility of {formatShare(idea.feasibility)} and a novelty of{" "}
        {formatShare(idea.novelty)}. Rules derived the verdict from the nearest works, which are among the works shown.
      </p>
      <Text label="Description of the idea" of={idea.description} />
    </>
  );
}

function KernelView({ idea, onChoose }: { readonly idea: Idea; readonly onChoose: (choice: Choice) => void }) {
  const { kernel } = idea;
  if (kernel === null) return null;
  return (
    <>
      <header>
        <h2 class="mono">
          <Untrusted text={kernel.kernel} />
        </h2>
        {kernel.speedup !== null && <span class="number">{formatSpeedup(kernel.speedup)}</span>}
      </header>
      <p class="note">
        {kernel.speedup === null ? "No run evolved it." : "Against its first implementation."} Package{" "}
        <code title={kernel.kernel_hash}>{kernel.kernel_hash.slice(0, 12)}</code>
      </p>
      <p class="detail-links">
        <button type="button" onClick={() => onChoose({ kind: "idea", id: idea.idea })}>
          The idea behind it
        </button>
        {kernel.run !== null && (
          <a class="button" href={placeHref("run", kernel.run)}>
            The run that evolved it
          </a>
        )}
        {kernel.run !== null && kernel.best !== null && (
          <>
            <a class="button" href={placeHref("candidates", kernel.run, { candidate: kernel.best })}>
              Its best candidate
            </a>
            <a class="button" href={placeHref("lineage", kernel.run, { candidate: kernel.best })}>
              The ancestry of it
            </a>
          </>
        )}
      </p>
    </>
  );
}

function Text({ label, of: { text, length } }: { readonly label: string; readonly of: ForeignText }) {
  return <CodeBlock label={visibleText(label)} text={text} length={length} />;
}
