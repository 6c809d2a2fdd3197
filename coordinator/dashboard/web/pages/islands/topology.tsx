/** Which island sends its elites to which; a migration lights its line up when it happens. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { IslandsAnswer, Migration } from "../../../contract/islands.ts";
import { arcsOf, placesOf } from "./ring.ts";

const SIZE = 280;
const RADIUS = 19;
/** How long a migration stays lit. Milliseconds. */
const LIT_MS = 2500;

interface TopologyProps {
  readonly islands: IslandsAnswer["islands"];
  readonly edges: IslandsAnswer["edges"];
  /** Null while they load. */
  readonly migrations: readonly Migration[] | null;
  readonly leader: number | null;
  readonly onChoose: (island: number) => void;
}

export function Topology({ islands, edges, migrations, leader, onChoose }: TopologyProps) {
  const places = placesOf(islands.length, SIZE, RADIUS + 14);
  const arcs = arcsOf(edges, places, RADIUS);
  const lit = useFresh(migrations);
  return (
    <svg class="topology" viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label="Topology of the islands">
      <defs>
        <marker
          id="head"
          viewBox="0 0 8 8"
          refX="4"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path class="head" d="M0 0L8 4L0 8Z" />
        </marker>
        <marker
          id="lit-head"
          viewBox="0 0 8 8"
          refX="4"
          refY="4"
          markerWidth="9"
          markerHeight="9"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path class="head lit" d="M0 0L8 4L0 8Z" />
        </marker>
      </defs>
      {arcs.map(({ from, to, migrations, path, width }) => {
        const fresh = lit.has(`${from}>${to}`);
        const state = fresh ? "arc lit" : migrations === 0 ? "arc unused" : "arc";
        return (
          <path
            key={`${from}>${to}`}
            class={state}
            d={path}
            stroke-width={width}
            marker-end={fresh ? "url(#lit-head)" : "url(#head)"}
          >
            <title>{`Island ${from} to island ${to}: ${migrations} ${migrations === 1 ? "migration" : "migrations"}`}</title>
          </path>
        );
      })}
      {islands.map(({ island }, at) => {
        const { x, y } = places[at] ?? { x: 0, y: 0 };
        return (
          <g
            key={island}
            class={island === leader ? "place leader" : "place"}
            role="button"
            tabIndex={0}
            aria-label={`Island ${island}${island === leader ? ", has the best candidate" : ""}: show its strip`}
            transform={`translate(${x} ${y})`}
            onClick={() => onChoose(island)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              onChoose(island);
            }}
          >
            <circle r={RADIUS} />
            <text dy="0.35em" text-anchor="middle">
              {island}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** Pairs of islands between which a migration happened since the last answer. */
function useFresh(migrations: readonly Migration[] | null): ReadonlySet<string> {
  const known = useRef<ReadonlySet<string> | null>(null);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (migrations === null) return;
    const before = known.current;
    known.current = new Set(migrations.map(({ candidate }) => candidate));
    if (before === null) return;
    const pairs = migrations.filter(({ candidate }) => !before.has(candidate)).map(({ from, to }) => `${from}>${to}`);
    if (pairs.length === 0) return;
    setFresh(new Set(pairs));
    const timer = setTimeout(() => setFresh(new Set()), LIT_MS);
    return () => clearTimeout(timer);
  }, [migrations]);
  return fresh;
}
