/** Where the islands of a topology stand: on a circle, the first at the top, in the order of their numbers. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Arc {
  readonly from: number;
  readonly to: number;
  readonly migrations: number;
  readonly path: string;
  /** Where its head points: the edge of the receiving island. */
  readonly width: number;
}

export function placesOf(islands: number, size: number, margin: number): Point[] {
  const middle = size / 2;
  const radius = islands === 1 ? 0 : middle - margin;
  return Array.from({ length: islands }, (_, at) => {
    const angle = (at / islands) * 2 * Math.PI - Math.PI / 2;
    return { x: round(middle + radius * Math.cos(angle)), y: round(middle + radius * Math.sin(angle)) };
  });
}

/** Curved to one side, so that both directions of a pair are seen. Wider, the more migrants took the way. */
export function arcsOf(
  edges: readonly { from: number; to: number; migrations: number }[],
  places: readonly Point[],
  islandRadius: number,
): Arc[] {
  const most = Math.max(1, ...edges.map(({ migrations }) => migrations));
  return edges.flatMap((edge) => {
    const [a, b] = [places[edge.from], places[edge.to]];
    if (a === undefined || b === undefined || edge.from === edge.to) return [];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const length = Math.hypot(dx, dy) || 1;
    const bend = Math.min(24, length * 0.14);
    const control = { x: (a.x + b.x) / 2 - (dy / length) * bend, y: (a.y + b.y) / 2 + (dx / length) * bend };
    const start = towards(a, control, islandRadius + 3);
    const end = towards(b, control, islandRadius + 7);
    const path = `M${start.x} ${start.y}Q${round(control.x)} ${round(control.y)} ${end.x} ${end.y}`;
    return [{ ...edge, path, width: round(1 + (2.5 * edge.migrations) / most) }];
  });
}

function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return {
    x: round(from.x + ((to.x - from.x) / length) * distance),
    y: round(from.y + ((to.y - from.y) / length) * distance),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
