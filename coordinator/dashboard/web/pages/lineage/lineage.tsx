/** Where a candidate comes from. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AncestryAnswer } from "../../../contract/candidates.ts";
import type { About } from "../../../contract/common.ts";
import { formatCount } from "../../components/format.ts";
import { Answer, Empty, Loading } from "../../components/states.tsx";
import { visibleText } from "../../components/untrusted.ts";
import "../../draw/draw.css";
import { shortId } from "../../components/change.ts";
import { useQuery } from "../../data/query.ts";
import { saveFile, standaloneSvg } from "../../draw/save-svg.ts";
import { useKeys } from "../../state/keys.ts";
import { at, go, linkTo, place } from "../../state/location.ts";
import { shownRun } from "../../state/run.ts";
import { asOf } from "./as-of.ts";
import { Detail } from "./detail.tsx";
import { edgeKey, Graph } from "./graph.tsx";
import { generationsWithin, layoutAncestry, sizesWithin } from "./layout.ts";
import "./lineage.css";
import { type Direction, nextCard } from "./walk.ts";

/** As many cards as one can look at; more generations are one key away. */
const COMFORTABLE = 30;
const ALL = 200;
/** The least at which all text can be read, the least at which it begins, and the least at all. */
const ZOOM = { readable: 0.75, first: 0.58, least: 0.35, most: 1.6, step: 1.2 };

export function Lineage() {
  const { run, params } = place.value;
  const chosen = params.get("candidate");
  const best = shownRun.value?.summary.best?.candidate ?? null;
  const candidate = chosen ?? best;
  const ancestry = useQuery(candidate === null ? null : "ancestry", { candidate: candidate ?? "" }, { depth: ALL });
  return (
    <>
      <div class="page-head">
        <h1>Lineage</h1>
        <Chooser key={candidate ?? ""} run={run ?? ""} candidate={candidate} isBest={candidate === best} />
      </div>
      {candidate === null ? (
        shownRun.value === null ? (
          <Loading label="Loading the run" />
        ) : (
          <Empty title="No candidate was measured so far">The ancestry of the best candidate appears here.</Empty>
        )
      ) : (
        <Answer query={ancestry} label="Loading the ancestry">
          {(answer) => <Ancestry key={answer.candidate} answer={answer} at={at.value} />}
        </Answer>
      )}
    </>
  );
}

interface ChooserProps {
  readonly run: string;
  readonly candidate: string | null;
  readonly isBest: boolean;
}

function Chooser({ run, candidate, isBest }: ChooserProps) {
  return (
    <form
      class="chooser"
      onSubmit={(event) => {
        event.preventDefault();
        const typed = String(new FormData(event.currentTarget).get("candidate")).trim();
        const id = /^\d+\/\d+\/\d+$/.test(typed) ? `${run}/${typed}` : typed;
        go(linkTo("lineage", { candidate: id === "" ? null : id }));
      }}
    >
      <label>
        <span class="note">Candidate</span>
        <input
          name="candidate"
          class="mono"
          data-filter
          defaultValue={candidate === null ? "" : shortId(candidate)}
          placeholder="island/batch/index"
        />
      </label>
      <button type="submit">Show</button>
      {candidate === null ? null : isBest ? (
        <span class="pill good">the best</span>
      ) : (
        <a href={linkTo("lineage")}>Back to the best</a>
      )}
    </form>
  );
}

interface AncestryProps {
  readonly answer: AncestryAnswer;
  readonly at: number | null;
}

function Ancestry({ answer: newest, at }: AncestryProps) {
  const answer = useMemo(() => asOf(newest, at), [newest, at]);
  const { nodes, about } = answer;
  const [chosen, setChosen] = useState<number | null>(null);
  const [width, setWidth] = useState<number | null>(null);
  const sizes = sizesWithin(width ?? Number.POSITIVE_INFINITY);
  const generations =
    chosen ?? Math.min(comfortable(nodes), width === null ? 1 : generationsWithin(width / ZOOM.readable, sizes));
  const [selected, setSelected] = useState(answer.candidate);
  const [zoom, setZoom] = useState(1);
  const viewport = useRef<HTMLElement>(null);
  const deepest = Math.max(0, ...nodes.map(({ depth }) => depth));
  const shown = useMemo(() => nodes.filter(({ depth }) => depth <= generations), [nodes, generations]);
  const byId = useMemo(() => new Map(shown.map((node) => [node.candidate, node])), [shown]);
  const edges = useMemo(
    () => new Map(answer.edges.map((edge) => [edgeKey(edge.parent, edge.child), edge])),
    [answer.edges],
  );
  const layout = useMemo(() => {
    const parents = Map.groupBy(answer.edges, ({ child }) => child);
    return layoutAncestry(
      shown.map(({ candidate }) => ({
        id: candidate,
        parents: (parents.get(candidate) ?? []).map(({ parent }) => parent),
      })),
      sizes,
    );
  }, [shown, answer.edges, sizes]);
  const current = byId.get(selected) ?? byId.get(answer.candidate);
  const cardOf = (candidate: string) =>
    viewport.current?.querySelector<SVGGElement>(`[data-candidate="${CSS.escape(candidate)}"]`);
  useEffect(() => {
    cardOf(answer.candidate)?.scrollIntoView({ block: "center", inline: "end" });
  }, [answer.candidate, generations]);
  const select = (candidate: string) => {
    setSelected(candidate);
    // After the page has changed: only the selected card can be focused.
    requestAnimationFrame(() => {
      cardOf(candidate)?.focus({ preventScroll: true });
      cardOf(candidate)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  };
  const fitted = (least: number) => {
    const width = viewport.current?.clientWidth ?? layout.width;
    return Math.min(1, Math.max(least, width / layout.width));
  };
  const fit = () => setZoom(fitted(ZOOM.least));
  // Begins with what can be seen whole; more generations than that are chosen, and scroll.
  useLayoutEffect(() => setWidth(viewport.current?.clientWidth ?? null), []);
  useLayoutEffect(() => setZoom(fitted(chosen === null ? ZOOM.first : ZOOM.readable)), [layout]);
  const changeZoom = (factor: number) => setZoom((now) => Math.min(ZOOM.most, Math.max(ZOOM.least, now * factor)));
  const save = () => {
    const drawing = viewport.current?.querySelector("svg");
    if (drawing === null || drawing === undefined) return;
    saveFile(`${answer.candidate.replaceAll("/", "-")}.svg`, "image/svg+xml", standaloneSvg(drawing, captionOf(about)));
  };
  const walk = (direction: Direction) => select(nextCard(layout.cards, layout.lines, selected, direction));
  useKeys("Lineage", [
    { key: "ArrowLeft", does: "To the parent", run: () => walk("left") },
    { key: "ArrowRight", does: "To the child", run: () => walk("right") },
    { key: "ArrowUp", does: "Up within the generation", run: () => walk("up") },
    { key: "ArrowDown", does: "Down within the generation", run: () => walk("down") },
    { key: "o", does: "Open the selected candidate", run: () => go(linkTo("candidates", { candidate: selected })) },
    { key: "+", does: "Larger", run: () => changeZoom(ZOOM.step) },
    { key: "-", does: "Smaller", run: () => changeZoom(1 / ZOOM.step) },
    { key: "0", does: "Fit the width", run: fit },
    { key: "s", does: "Save as SVG", run: save },
  ]);
  return (
    <div class="lineage">
      <section class="panel">
        <header>
          <h2>
            {answer.total === 0 ? "No" : formatCount(answer.total)} {answer.total === 1 ? "ancestor" : "ancestors"}
            {shown.length - 1 < answer.total && <span class="note"> · {formatCount(shown.length - 1)} shown</span>}
          </h2>
          {deepest > 0 && (
            <label class="inline">
              <span class="note">Generations</span>
              <select value={String(generations)} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
                {choicesOf(deepest, generations).map((one) => (
                  <option key={one} value={String(one)}>
                    {one >= deepest ? `all ${deepest}` : one}
                  </option>
                ))}
              </select>
            </label>
          )}
          <span class="button-row">
            <button type="button" aria-label="Smaller" onClick={() => changeZoom(1 / ZOOM.step)}>
              −
            </button>
            <button type="button" onClick={fit}>
              Fit
            </button>
            <button type="button" aria-label="Larger" onClick={() => changeZoom(ZOOM.step)}>
              +
            </button>
          </span>
          <button type="button" onClick={save}>
            Save as SVG
          </button>
        </header>
        <section class="viewport" tabIndex={0} aria-label="The graph" ref={viewport}>
          <Graph
            layout={layout}
            nodes={byId}
            edges={edges}
            objective={about.objective}
            selected={current?.candidate ?? answer.candidate}
            focus={answer.candidate}
            zoom={zoom}
            onSelect={select}
            onOpen={(candidate) => go(linkTo("candidates", { candidate }))}
          />
        </section>
        <p class="note hint">
          Each line says what changed from parent to child, and what that earned. Arrow keys walk.
        </p>
      </section>
      {current !== undefined && (
        <Detail
          node={current}
          from={answer.edges.filter(({ child }) => child === current.candidate)}
          objective={about.objective}
          isFocus={current.candidate === answer.candidate}
          onSelect={select}
        />
      )}
    </div>
  );
}

/** The most generations whose cards one can look at, at least one. */
function comfortable(nodes: AncestryAnswer["nodes"]): number {
  const depths = nodes.map(({ depth }) => depth).sort((a, b) => a - b);
  const deepest = depths.at(-1) ?? 1;
  if (depths.length <= COMFORTABLE) return Math.max(1, deepest);
  return Math.max(1, (depths[COMFORTABLE] ?? 2) - 1);
}

function choicesOf(deepest: number, current: number): number[] {
  const choices = [1, 2, 3, 5, 8, 12, 20, 40].filter((one) => one < deepest);
  return [...new Set([...choices, current, Math.max(1, deepest)])].sort((a, b) => a - b);
}

function captionOf({ run, kernel, devices, version, position }: About): string {
  return [run, kernel, devices.join(", "), `after ${position.evaluated} evaluations`, `KernelEvolve ${version}`]
    .filter((part) => part !== "")
    .map(visibleText)
    .join(" · ");
}
