/** The latest migrations, newest first. */
import type { Objective } from "../../../contract/common.ts";
import type { Migration } from "../../../contract/islands.ts";
import { shortId } from "../../components/change.ts";
import { formatCount } from "../../components/format.ts";
import { Scroll } from "../../components/scroll.tsx";
import { formatValue, objectiveName } from "../../components/value.tsx";
import { linkTo } from "../../state/location.ts";

const MAX_SHOWN = 8;

export function Arrivals({
  migrations,
  objective,
}: {
  readonly migrations: readonly Migration[];
  readonly objective: Objective;
}) {
  const latest = migrations.slice(-MAX_SHOWN).toReversed();
  if (latest.length === 0) return <p class="note">No elite has been adopted by another island so far.</p>;
  return (
    <Scroll label="Latest migrations">
      <table>
        <thead>
          <tr>
            <th class="right">Evaluation</th>
            <th>Way</th>
            <th>Migrant</th>
            <th class="right">{objectiveName(objective)}</th>
            <th>Result</th>
          </tr>
        </thead>
        <tbody>
          {latest.map((migration) => (
            <tr key={migration.candidate}>
              <td class="right number">{formatCount(migration.evaluation)}</td>
              <td class="number">
                {migration.from} → {migration.to}
              </td>
              <td class="number">
                <a href={linkTo("lineage", { candidate: migration.candidate })}>{shortId(migration.candidate)}</a>
              </td>
              <td class="right number">{formatValue(objective, migration.value)}</td>
              <td>{resultOf(migration)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {migrations.length > latest.length && (
        <p class="note">
          The latest {latest.length} of {formatCount(migrations.length)}.
        </p>
      )}
    </Scroll>
  );
}

function resultOf({ led, children, outcome }: Migration) {
  if (led) return <span class="pill good">new best there</span>;
  if (outcome === null) return <span class="note">in flight</span>;
  if (outcome !== "ok") return <span class="pill bad">{outcome.replaceAll("_", " ")}</span>;
  return (
    <span class="note">{children === 0 ? "no child" : `${children} ${children === 1 ? "child" : "children"}`}</span>
  );
}
