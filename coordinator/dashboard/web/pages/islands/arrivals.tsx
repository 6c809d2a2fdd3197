/** The latest migrations, newest first. */
import type { Objective } from "../../../contract/common.ts";
import type { Migration } from "../../../contract/islands.ts";
import { linkTo } from "../../app/location.ts";
import { formatCount } from "../../components/format.ts";
import { formatValue } from "../../components/value.tsx";

const MAX_SHOWN = 8;

export function Arrivals({ migrations, objective }: { readonly migrations: readonly Migration[]; readonly objective: Objective }) {
  const latest = migrations.slice(-MAX_SHOWN).toReversed();
  if (latest.length === 0) return <p class="note">No elite has been adopted by another island so far.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div class="scroll-x arrivals" tabIndex={0} role="region" aria-label="Latest migrations">
      <table>
        <thead>
          <tr>
            <th class="right">evaluation</th>
            <th>way</th>
            <th>migrant</th>
            <th class="right">value</th>
            <th>result</th>
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
              <td class="right number">{formatValue(migration.value, objective)}</td>
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
    </div>
  );
}

const shortId = (candidate: string): string => candidate.split("/").slice(1).join("/");

function resultOf({ led, children, outcome }: Migration) {
  if (led) return <span class="pill good">new best there</span>;
  if (outcome === null) return <span class="note">in flight</span>;
  if (outcome !== "ok") return <span class="pill bad">{outcome.replaceAll("_", " ")}</span>;
  return <span class="note">{children === 0 ? "no child" : `${children} ${children === 1 ? "child" : "children"}`}</span>;
}
