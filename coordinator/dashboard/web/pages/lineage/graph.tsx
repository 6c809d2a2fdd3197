/** The drawing of an ancestry. */
import type { Ancestor, Descent } from "../../../contract/candidates.ts";
import type { Objective } from "../../../contract/common.ts";
import { cut, describeChanges, describeGain, shortId, toneOf } from "../../components/change.ts";
import { visibleText } from "../../components/untrusted.ts";
import { formatValue } from "../../components/value.tsx";
import type { AncestryLayout, Card, Line, Sizes } from "./layout.ts";

/** Of the label's letters. */
const LETTER = 6.4;
const LABEL_INSET = 22;
const COLORS = 8;
/** Below this a card has a line for each of its three texts. */
const TWO_COLUMNS = 140;

interface GraphProps {
  readonly layout: AncestryLayout;
  readonly nodes: ReadonlyMap<string, Ancestor>;
  readonly edges: ReadonlyMap<string, Descent>;
  readonly objective: Objective;
  readonly selected: string;
  readonly focus: string;
  readonly zoom: number;
  readonly onSelect: (candidate: string) => void;
  readonly onOpen: (candidate: string) => void;
}

export const edgeKey = (parent: string, child: string): string => `${parent}>${child}`;

export function Graph({ layout, nodes, edges, objective, selected, focus, zoom, onSelect, onOpen }: GraphProps) {
  const { sizes } = layout;
  const near = new Set(layout.lines.flatMap(({ parent, child }) => (child === selected ? [parent] : [])));
  return (
    <svg
      class="ancestry"
      width={layout.width * zoom}
      height={layout.height * zoom}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      role="group"
      aria-label={`Ancestry of ${shortId(focus)}`}
    >
      {layout.lines.map((line) => (
        <Link
          key={edgeKey(line.parent, line.child)}
          line={line}
          sizes={sizes}
          edge={edges.get(edgeKey(line.parent, line.child))}
          near={line.child === selected}
          adopted={nodes.get(line.child)?.migrant ?? false}
        />
      ))}
      {layout.cards.map((card) => {
        const node = nodes.get(card.id);
        return node === undefined ? null : (
          <CardView
            key={card.id}
            card={card}
            sizes={sizes}
            node={node}
            objective={objective}
            state={card.id === selected ? "selected" : near.has(card.id) ? "near" : ""}
            focused={card.id === focus}
            onSelect={() => onSelect(card.id)}
            onOpen={() => onOpen(card.id)}
          />
        );
      })}
    </svg>
  );
}

interface LinkProps {
  readonly line: Line;
  readonly sizes: Sizes;
  readonly edge: Descent | undefined;
  readonly near: boolean;
  /** The child is the parent itself, on another island. */
  readonly adopted: boolean;
}

function Link({ line, sizes: { label }, edge, near, adopted }: LinkProps) {
  const { x, y } = line.label;
  const changed = edge !== undefined && (edge.changes.length > 0 || edge.code_changed);
  return (
    <g class={near ? "descent near" : "descent"}>
      <path d={line.path} />
      {edge !== undefined && (
        <>
          <title>{`${shortId(edge.parent)} to ${shortId(edge.child)}: ${describeChanges(edge, 2_000)}; ${describeGain(edge.gain)}`}</title>
          <rect class="hit" x={x} y={y - label.height / 2} width={label.width} height={label.height} />
          <text class="changes" x={x + 10} y={y - 4}>
            {adopted && !changed
              ? "adopted unchanged"
              : describeChanges(edge, Math.floor((label.width - LABEL_INSET) / LETTER))}
          </text>
          <text class={`gain ${toneOf(edge.gain)}`} x={x + 10} y={y + 11}>
            {describeGain(edge.gain)}
          </text>
        </>
      )}
    </g>
  );
}

interface CardProps {
  readonly card: Card;
  readonly sizes: Sizes;
  readonly node: Ancestor;
  readonly objective: Objective;
  readonly state: string;
  readonly focused: boolean;
  readonly onSelect: () => void;
  readonly onOpen: () => void;
}

function CardView({ card, sizes, node, objective, state, focused, onSelect, onOpen }: CardProps) {
  const { width, height } = sizes.card;
  const stacked = width < TWO_COLUMNS;
  const value = node.measured === null ? node.status.replaceAll("_", " ") : formatValue(objective, node.measured.value);
  const proposer = visibleText(node.proposer).replaceAll("_", " ");
  return (
    <g
      class={`card ${state} ${focused ? "focused" : ""}`}
      data-candidate={node.candidate}
      role="button"
      tabIndex={state === "selected" ? 0 : -1}
      aria-pressed={state === "selected"}
      transform={`translate(${card.x} ${card.y - height / 2})`}
      onClick={onSelect}
      onDblClick={onOpen}
    >
      <rect class="sheet" width={width} height={height} rx="6" />
      <rect class={`island-color i${node.island % COLORS}`} x="0" y="8" width="3" height={height - 16} />
      <text class="id" x="13" y="21">
        {`${cut(shortId(node.candidate), 12)} `}
      </text>
      <text
        class={node.measured === null ? `value status-${node.status}` : "value"}
        x={stacked ? 13 : width - 12}
        y={stacked ? 36 : 21}
        text-anchor={stacked ? "start" : "end"}
      >
        {`${cut(value, 14)} `}
      </text>
      <text class="by" x="13" y={stacked ? 53 : 40}>
        {`${cut(proposer, 13)} `}
      </text>
      {!stacked && (
        <text class="by" x={width - 12} y="40" text-anchor="end">
          island {node.island}
        </text>
      )}
    </g>
  );
}
