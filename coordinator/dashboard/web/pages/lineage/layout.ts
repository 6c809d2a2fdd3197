/** Where each card and each edge of an ancestry stands, in pixels. */
import { type Descent, generationsOf, type Place } from "./generations.ts";

export interface Sizes {
  readonly card: { readonly width: number; readonly height: number };
  /** Left of each card: one line for each of its parents, on which an edge ends and says what it changed. */
  readonly label: { readonly width: number; readonly height: number };
  readonly channel: number;
  readonly margin: number;
}
const WIDE: Sizes = { card: { width: 160, height: 52 }, label: { width: 184, height: 30 }, channel: 26, margin: 16 };
/** A card of three lines and short labels: a candidate and its parents can be read side by side. */
const NARROW: Sizes = { card: { width: 98, height: 62 }, label: { width: 106, height: 34 }, channel: 12, margin: 8 };
const NARROW_BELOW = 480;

/** @param width of the place for the graph, in pixels. */
export const sizesWithin = (width: number): Sizes => (width < NARROW_BELOW ? NARROW : WIDE);

/** Of the label's room, for the way into the card. */
const GUTTER = 18;
const GAP = 18;
const WAY_POINT = 10;
const RELAXATIONS = 8;

const columnOfSize = ({ label, card, channel }: Sizes): number => label.width + card.width + channel;

/** How many generations of ancestors fit this width beside the candidate, at least one. Pixels. */
export const generationsWithin = (width: number, sizes: Sizes = WIDE): number =>
  Math.max(1, Math.floor((width - 2 * sizes.margin - sizes.card.width) / columnOfSize(sizes)));

export interface Card {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly column: number;
}

export interface Line {
  readonly parent: string;
  readonly child: string;
  /** Path of an SVG. */
  readonly path: string;
  /** Where its label begins, and the height of the line under it. */
  readonly label: { readonly x: number; readonly y: number };
}

export interface AncestryLayout {
  readonly sizes: Sizes;
  readonly width: number;
  readonly height: number;
  readonly cards: readonly Card[];
  readonly lines: readonly Line[];
}

export function layoutAncestry(candidates: readonly Descent[], sizes: Sizes = WIDE): AncestryLayout {
  const { card: cardSize, label: labelSize, margin } = sizes;
  const step = columnOfSize(sizes);
  const { columns, edges, segments } = generationsOf(candidates);
  const lanes = Map.groupBy(edges, ({ child }) => child);
  const heightOf = ({ id }: Place) =>
    id === null ? WAY_POINT : Math.max(cardSize.height, (lanes.get(id)?.length ?? 0) * labelSize.height);
  const middle = middles(columns, segments, heightOf);
  const top = Math.min(...columns.flat().map((place) => (middle.get(place.key) ?? 0) - heightOf(place) / 2));
  const yOf = (key: string) => (middle.get(key) ?? 0) - top + margin;
  const columnOf = new Map(columns.flat().map(({ key, column }) => [key, column]));
  // The first column has no parents, and so no labels left of it.
  const cardLeft = (key: string) => margin + (columnOf.get(key) ?? 0) * step;

  const cards = columns
    .flat()
    .flatMap(({ key, id, column }) => (id === null ? [] : [{ id, x: cardLeft(key), y: yOf(key), column }]));
  const lines = edges.map(({ parent, child, path }) => {
    const siblings = (lanes.get(child) ?? []).toSorted((a, b) => arrival(a.path) - arrival(b.path));
    const lane = siblings.findIndex((edge) => edge.parent === parent);
    const y = yOf(child) + (lane - (siblings.length - 1) / 2) * labelSize.height;
    const end = cardLeft(child);
    const label = { x: end - labelSize.width, y };
    const points = [
      { x: cardLeft(parent) + cardSize.width, y: yOf(parent) },
      ...path.slice(1, -1).flatMap((key) => [
        { x: cardLeft(key) - labelSize.width, y: yOf(key) },
        { x: cardLeft(key) + cardSize.width, y: yOf(key) },
      ]),
      label,
    ];
    // Of many lanes the outer ones end beside the card, and are led to its edge.
    const reach = cardSize.height / 2 - 8;
    const entry = { x: end, y: Math.min(yOf(child) + reach, Math.max(yOf(child) - reach, y)) };
    const turn = end - GUTTER;
    return { parent, child, path: `${curve(points)} H ${round(turn)}${curve([{ x: turn, y }, entry], "")}`, label };
  });
  function arrival(path: readonly string[]): number {
    return yOf(path.at(-2) as string);
  }
  const bottom = Math.max(...columns.flat().map((place) => yOf(place.key) + heightOf(place) / 2));
  const width = Math.max(...cards.map(({ x }) => x + cardSize.width)) + margin;
  return { sizes, width, height: bottom + margin, cards, lines };
}

/** The middle of each place: stacked without overlaps, drawn towards the middle of what it is joined to. */
function middles(
  columns: readonly (readonly Place[])[],
  segments: readonly { from: string; to: string }[],
  heightOf: (place: Place) => number,
): Map<string, number> {
  const joined = new Map<string, string[]>();
  for (const { from, to } of segments) {
    joined.set(from, [...(joined.get(from) ?? []), to]);
    joined.set(to, [...(joined.get(to) ?? []), from]);
  }
  const middle = new Map<string, number>();
  for (const column of columns) stack(column, heightOf, () => 0, middle);
  for (let round = 0; round < RELAXATIONS; round++) {
    for (const column of round % 2 === 0 ? columns : columns.toReversed()) {
      const wanted = ({ key }: Place) => {
        const near = joined.get(key) ?? [];
        const sum = near.reduce((total, other) => total + (middle.get(other) ?? 0), 0);
        return near.length === 0 ? (middle.get(key) ?? 0) : sum / near.length;
      };
      stack(column, heightOf, wanted, middle);
    }
  }
  return middle;
}

/**
 * Places a column in its order, as near to the wanted middles as its heights allow: neighbours that would overlap form a
 * block, whose offset is the mean of what its members want.
 */
function stack(
  column: readonly Place[],
  heightOf: (place: Place) => number,
  wanted: (place: Place) => number,
  middle: Map<string, number>,
): void {
  interface Block {
    places: { key: string; offset: number }[];
    sum: number;
    /** Between the offset 0 and the last place. */
    reach: number;
    bottom: number;
  }
  const blocks: Block[] = [];
  for (const place of column) {
    const half = heightOf(place) / 2;
    let block: Block = { places: [{ key: place.key, offset: 0 }], sum: wanted(place), reach: 0, bottom: half };
    let top = half;
    for (let above = blocks.at(-1); above !== undefined; above = blocks.at(-1)) {
      const gap = above.reach + above.bottom + GAP + top;
      const at = (one: Block) => one.sum / one.places.length;
      if (at(above) + gap <= at(block)) break;
      blocks.pop();
      block = {
        places: [...above.places, ...block.places.map(({ key, offset }) => ({ key, offset: offset + gap }))],
        sum: above.sum + block.sum - gap * block.places.length,
        reach: gap + block.reach,
        bottom: block.bottom,
      };
      top = topOf(column, heightOf, block.places[0]?.key);
    }
    blocks.push(block);
  }
  for (const { places, sum } of blocks) {
    for (const { key, offset } of places) middle.set(key, sum / places.length + offset);
  }
}

function topOf(column: readonly Place[], heightOf: (place: Place) => number, key: string | undefined): number {
  const place = column.find((one) => one.key === key);
  return place === undefined ? 0 : heightOf(place) / 2;
}

/** Horizontal at every point. */
function curve(points: readonly { x: number; y: number }[], begin = "M"): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let path = begin === "" ? "" : `${begin} ${round(first.x)} ${round(first.y)}`;
  let from = first;
  for (const to of rest) {
    const half = round((from.x + to.x) / 2);
    path += ` C ${half} ${round(from.y)} ${half} ${round(to.y)} ${round(to.x)} ${round(to.y)}`;
    from = to;
  }
  return path;
}

const round = (value: number): number => Math.round(value * 10) / 10;
