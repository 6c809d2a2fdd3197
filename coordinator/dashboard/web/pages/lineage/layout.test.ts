import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layoutAncestry, sizesWithin } from "./layout.ts";
import { nextCard } from "./walk.ts";

const crossover = [
  { id: "child", parents: ["left", "right"] },
  { id: "left", parents: ["founder"] },
  { id: "right", parents: [] },
  { id: "founder", parents: [] },
];

describe("an ancestry's layout", () => {
  test("puts each candidate right of its parents, the focused one rightmost", () => {
    const { cards } = layoutAncestry(crossover);
    const x = Object.fromEntries(cards.map((card) => [card.id, card.x]));
    expect(x.founder).toBeLessThan(x.left as number);
    expect(x.left).toBeLessThan(x.child as number);
    expect(x.right).toBe(x.left);
    expect(Math.max(...cards.map((card) => card.x))).toBe(x.child);
  });

  test("gives a crossover an edge and a label for each parent, on lines of their own", () => {
    const { lines } = layoutAncestry(crossover);
    const own = lines.filter(({ child }) => child === "child");
    expect(own.map(({ parent }) => parent).sort()).toEqual(["left", "right"]);
    expect(Math.abs((own[0]?.label.y as number) - (own[1]?.label.y as number))).toBe(sizesWithin(1_000).label.height);
  });

  test("leaves out parents that were cut off, and survives a single candidate", () => {
    const { cards, lines } = layoutAncestry([{ id: "only", parents: ["unknown"] }]);
    expect(cards).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  test("lets no two cards or labels overlap, whatever the descent", () => {
    const descent = fc.array(fc.array(fc.nat(200), { maxLength: 3 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(descent, fc.constantFrom(1_000, 340), (links, room) => {
        const sizes = sizesWithin(room);
        const { card: CARD, label: LABEL } = sizes;
        const candidates = links.map((parents, at) => ({
          id: String(at),
          parents: at === 0 ? [] : parents.map((parent) => String(parent % at)),
        }));
        const { cards, lines, height, width } = layoutAncestry(candidates, sizes);
        expect(cards).toHaveLength(candidates.length);
        for (const [, column] of Map.groupBy(cards, (card) => card.column)) {
          const ys = column.map(({ y }) => y).sort((a, b) => a - b);
          for (let at = 1; at < ys.length; at++) {
            expect((ys[at] as number) - (ys[at - 1] as number)).toBeGreaterThanOrEqual(CARD.height);
          }
        }
        for (const [, level] of Map.groupBy(lines, ({ label }) => label.x)) {
          const ys = level.map(({ label }) => label.y).sort((a, b) => a - b);
          for (let at = 1; at < ys.length; at++) {
            expect((ys[at] as number) - (ys[at - 1] as number)).toBeGreaterThanOrEqual(LABEL.height - 1e-6);
          }
        }
        for (const { x, y } of cards) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y - CARD.height / 2).toBeGreaterThanOrEqual(0);
          expect(x + CARD.width).toBeLessThanOrEqual(width);
          expect(y + CARD.height / 2).toBeLessThanOrEqual(height);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("the arrow keys", () => {
  const { cards, lines } = layoutAncestry(crossover);
  const go = (from: string, direction: "left" | "right" | "up" | "down") => nextCard(cards, lines, from, direction);

  test("walk from a candidate to its parents and back", () => {
    const parent = go("child", "left");
    expect(["left", "right"]).toContain(parent);
    expect(go(parent, "right")).toBe("child");
  });

  test("reach the other parent within the column, and stop at the ends", () => {
    const parent = go("child", "left");
    const other = [go(parent, "down"), go(parent, "up")].find((id) => id !== parent);
    expect(new Set([parent, other])).toEqual(new Set(["left", "right"]));
    expect(go("child", "right")).toBe("child");
    expect(go("founder", "left")).toBe("founder");
  });
});
