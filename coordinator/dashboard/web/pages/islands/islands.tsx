/** The populations of a run side by side, and what they give each other. */
import { useEffect, useRef } from "preact/hooks";
import type { Objective } from "../../../contract/common.ts";
import type { Island, IslandsAnswer, Migration } from "../../../contract/islands.ts";
import { counted, formatCount } from "../../components/format.ts";
import { Answer, Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";
import { Value } from "../../components/value.tsx";
import "../../draw/draw.css";
import { useQuery } from "../../data/query.ts";
import { useWidth } from "../../draw/use-width.ts";
import { linkTo, place } from "../../state/location.ts";
import { Arrivals } from "./arrivals.tsx";
import "./islands.css";
import { Strip } from "./strip.tsx";
import { stripScales } from "./strip-layout.ts";
import { Topology } from "./topology.tsx";

export function Islands() {
  const run = place.value.run ?? "";
  const islands = useQuery("islands", { run });
  const migrations = useQuery("migrations", { run });
  return (
    <>
      <h1>Islands</h1>
      <Answer query={islands} label="Loading the islands">
        {(answer) =>
          answer.islands.length === 0 ? (
            <Empty title="This run has no islands">It was recorded or evaluated without a population.</Empty>
          ) : (
            <Body answer={answer} migrations={migrations.state.value.data?.migrations ?? null} />
          )
        }
      </Answer>
    </>
  );
}

interface BodyProps {
  readonly answer: IslandsAnswer;
  readonly migrations: readonly Migration[] | null;
}

function Body({ answer, migrations: known }: BodyProps) {
  const migrations = known ?? [];
  const { islands, edges, topology, about } = answer;
  const strips = useRef<HTMLDivElement>(null);
  const show = (island: number) => {
    const strip = strips.current?.querySelector<HTMLElement>(`[data-island="${island}"] .strip`);
    strip?.scrollIntoView({ block: "center", behavior: "smooth" });
    strip?.focus({ preventScroll: true });
  };
  const wanted = place.value.params.get("island");
  useEffect(() => {
    // A link to one of the islands, such as from a cell.
    if (wanted !== null) show(Number(wanted));
  }, [wanted]);
  const niches = Map.groupBy(islands, ({ niche }) => niche);
  return (
    <div class="islands">
      {islands.length > 1 && (
        <section class="panel exchange">
          <header>
            <h2>Topology: {topology}</h2>
            {migrations.length > 0 && <span class="note">{counted(migrations.length, "migration")}</span>}
          </header>
          <div class="exchange-body">
            <Topology
              islands={islands}
              edges={edges}
              migrations={known}
              leader={leaderOf(islands, about.objective)}
              onChoose={show}
            />
            <Arrivals migrations={migrations} objective={about.objective} />
          </div>
        </section>
      )}
      <section class="panel" ref={strips}>
        <header>
          <h2>Populations over their batches</h2>
          <Legend />
        </header>
        {[...niches].map(([niche, own]) => (
          <Niche key={niche} islands={own} all={islands} migrations={migrations} objective={about.objective} />
        ))}
        <p class="note method">{answer.method}</p>
      </section>
    </div>
  );
}

interface NicheProps {
  readonly islands: readonly Island[];
  readonly all: readonly Island[];
  readonly migrations: readonly Migration[];
  readonly objective: Objective;
}

function Niche({ islands, all, migrations, objective }: NicheProps) {
  const [element, width] = useWidth<HTMLDivElement>(900);
  const scales = stripScales(islands, objective, width);
  return (
    <div ref={element} class="niche">
      {islands.map((island) => (
        <article key={island.island} data-island={island.island} aria-label={`Island ${island.island}`}>
          <Head island={island} several={all.length > 1} objective={objective} />
          <Strip
            island={island}
            arrivals={migrations.filter(({ to }) => to === island.island)}
            objective={objective}
            scales={scales}
            width={width}
          />
        </article>
      ))}
    </div>
  );
}

interface HeadProps {
  readonly island: Island;
  readonly several: boolean;
  readonly objective: Objective;
}

function Head({ island, several, objective }: HeadProps) {
  const { best, niche, stagnations, restarts } = island;
  const stagnates = stagnations.some(({ to }) => to === null);
  const counts = [
    counted(island.evaluated, "evaluation"),
    ...(several && island.migrants_in + island.migrants_out > 0
      ? [`${formatCount(island.migrants_in)} migrants in, ${formatCount(island.migrants_out)} out`]
      : []),
    ...(island.outstanding > 0 ? [`${formatCount(island.outstanding)} in flight`] : []),
  ];
  return (
    <header class="island-head">
      <h3>Island {island.island}</h3>
      {niche !== "" && <Untrusted class="note" text={niche} />}
      {best !== null && (
        <a href={linkTo("candidates", { candidate: best.candidate })}>
          <Value objective={objective} measured={best} />
        </a>
      )}
      <span class="note">{counts.join(" · ")}</span>
      {island.exhausted && <span class="pill">nothing left to propose</span>}
      {stagnates && <span class="pill warn">stagnates</span>}
      {restarts.length > 0 && (
        <span class="pill">
          {restarts.length} {restarts.length === 1 ? "restart" : "restarts"}
        </span>
      )}
    </header>
  );
}

function Legend() {
  return (
    <ul class="marks" aria-label="Legend">
      <li class="key-best">Best so far</li>
      <li class="key-median">Median of the batch</li>
      <li class="key-band">Best to worst</li>
      <li class="key-stagnation">Stagnation</li>
      <li class="key-restart">Restart</li>
      <li class="key-arrival">Migrant arrives</li>
    </ul>
  );
}

function leaderOf(islands: readonly Island[], { direction }: Objective): number | null {
  let leader: Island | null = null;
  for (const island of islands) {
    if (island.best === null) continue;
    const now = leader?.best?.value;
    const better = now === undefined || (direction === "minimize" ? island.best.value < now : island.best.value > now);
    if (better) leader = island;
  }
  return leader?.island ?? null;
}
