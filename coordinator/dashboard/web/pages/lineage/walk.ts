/** Walking an ancestry with the arrow keys. */
import type { Card, Line } from "./layout.ts";

export type Direction = "left" | "right" | "up" | "down";

/**
 * Left leads to the first parent, right to the nearest child; up and down stay in the column.
 * @returns the id of the next card, or the same one where nothing is in that direction.
 */
export function nextCard(cards: readonly Card[], lines: readonly Line[], from: string, direction: Direction): string {
  const here = cards.find(({ id }) => id === from);
  if (here === undefined) return cards.at(-1)?.id ?? from;
  const near = (ids: readonly string[]) =>
    cards
      .filter(({ id }) => ids.includes(id))
      .toSorted((a, b) => Math.abs(a.y - here.y) - Math.abs(b.y - here.y) || a.y - b.y)[0]?.id ?? from;
  if (direction === "left") {
    const toParents = lines.filter(({ child }) => child === from).toSorted((a, b) => a.label.y - b.label.y);
    return toParents[0]?.parent ?? from;
  }
  if (direction === "right") return near(lines.filter(({ parent }) => parent === from).map(({ child }) => child));
  const column = cards.filter((card) => card.column === here.column).toSorted((a, b) => a.y - b.y);
  const step = direction === "up" ? -1 : 1;
  return column[column.indexOf(here) + step]?.id ?? from;
}
