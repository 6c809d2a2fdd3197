/** Works, gaps, ideas and kernels in columns. A choice keeps what belongs to it: the path from a post to its kernel. */
import type { ComponentChildren } from "preact";
import type { ResearchAnswer } from "../../../contract/research.ts";
import { formatCount, formatSpeedup } from "../../components/format.ts";
import { CodeBlock, Untrusted } from "../../components/text.tsx";
import { useKeys } from "../../state/keys.ts";
import { place, setParams } from "../../state/location.ts";
import { ChoiceDetail } from "./choice-detail.tsx";
import { type Choice, type Kind, parseChoice, trailOf } from "./trail.ts";
import { verdictOf } from "./verdict.ts";

export function Path({ answer }: { readonly answer: ResearchAnswer }) {
  const { records, gaps, ideas, survey } = answer;
  const wanted = parseChoice(place.value.params.get("select"));
  const trail = wanted === null ? null : trailOf(answer, wanted);
  const choice = trail === null ? null : wanted;
  const choose = (next: Choice | null) => setParams({ select: next === null ? null : `${next.kind}:${next.id}` });
  useKeys("Research", [{ key: "Escape", does: "Show all again", run: () => choose(null) }]);
  const kept = (kind: Kind, id: string) => trail === null || trail[kind].has(id);
  const props = (kind: Kind, id: string) => ({
    selected: choice?.kind === kind && choice.id === id,
    onChoose: () => choose(choice?.kind === kind && choice.id === id ? null : { kind, id }),
  });
  const kernels = ideas.filter(({ kernel }) => kernel !== null);
  return (
    <>
      {choice !== null && (
        <div class="trail-note">
          <span class="note">Only what belongs to the choice is shown.</span>
          <button type="button" onClick={() => choose(null)}>
            Show all
          </button>
        </div>
      )}
      <div class="path">
        <Column
          title="Works"
          total={records.length}
          shown={records.filter(({ record }) => kept("record", record)).length}
        >
          {records
            .filter(({ record }) => kept("record", record))
            .map((one) => (
              <Item key={one.record} {...props("record", one.record)}>
                <Untrusted class="title" text={one.title ?? one.posts[0]?.text.text.slice(0, 120) ?? one.record} />
                <span class="note">
                  {one.kind}
                  {one.posts.length > 1 && ` of ${one.posts.length} posts`} · {one.sources.join(", ")}
                </span>
                {one.suspicious && <span class="pill warn">set aside: reads like an instruction</span>}
              </Item>
            ))}
        </Column>
        <Column title="Gaps" total={gaps.length} shown={gaps.filter(({ gap }) => kept("gap", gap)).length}>
          {gaps
            .filter(({ gap }) => kept("gap", gap))
            .map((one) => (
              <Item key={one.gap} {...props("gap", one.gap)}>
                <Untrusted class="title" text={one.title} />
                <span class="note">
                  rests on {one.records.length === 1 ? "one work" : `${one.records.length} works`}
                </span>
              </Item>
            ))}
        </Column>
        <Column title="Ideas" total={ideas.length} shown={ideas.filter(({ idea }) => kept("idea", idea)).length}>
          {ideas
            .filter(({ idea }) => kept("idea", idea))
            .map((one) => (
              <Item key={one.idea} {...props("idea", one.idea)}>
                <Untrusted class="title" text={one.title} />
                <span class={`pill ${verdictOf(one.verdict).kind}`}>{verdictOf(one.verdict).name}</span>
              </Item>
            ))}
        </Column>
        <Column
          title="Kernels"
          total={kernels.length}
          shown={kernels.filter(({ idea }) => kept("kernel", idea)).length}
        >
          {kernels
            .filter(({ idea }) => kept("kernel", idea))
            .map(({ idea, kernel }) => (
              <Item key={idea} {...props("kernel", idea)}>
                <Untrusted class="title" text={kernel?.kernel ?? ""} />
                <span class="note">
                  {kernel?.speedup == null
                    ? "not evolved"
                    : `${formatSpeedup(kernel.speedup)} its first implementation`}
                </span>
              </Item>
            ))}
        </Column>
      </div>
      {choice !== null && <ChoiceDetail answer={answer} choice={choice} onChoose={choose} />}
      {choice === null && survey !== null && (
        <section class="panel prose">
          <header>
            <h2>Survey</h2>
          </header>
          <CodeBlock label="Survey" text={survey.text} length={survey.length} />
        </section>
      )}
    </>
  );
}

interface ColumnProps {
  readonly title: string;
  readonly total: number;
  readonly shown: number;
  readonly children: ComponentChildren;
}

function Column({ title, total, shown, children }: ColumnProps) {
  return (
    <section class="panel column" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="note">
          {shown === total ? formatCount(total) : `${formatCount(shown)} of ${formatCount(total)}`}
        </span>
      </header>
      <ul tabIndex={0} aria-label={title}>
        {children}
      </ul>
      {shown === 0 && <p class="note">{total === 0 ? "None so far." : "None belongs to the choice."}</p>}
    </section>
  );
}

interface ItemProps {
  readonly selected: boolean;
  readonly onChoose: () => void;
  readonly children: ComponentChildren;
}

function Item({ selected, onChoose, children }: ItemProps) {
  return (
    <li>
      <button type="button" class="item" aria-pressed={selected} onClick={onChoose}>
        {children}
      </button>
    </li>
  );
}
