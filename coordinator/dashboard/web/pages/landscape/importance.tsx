/** How much of the differences between candidates each parameter explains. */
import type { LandscapeAnswer } from "../../../contract/landscape.ts";
import { formatCount, formatNumber, formatShare } from "../../components/format.ts";
import { Empty } from "../../components/states.tsx";
import { Untrusted } from "../../components/text.tsx";

interface ImportanceProps {
  readonly of: LandscapeAnswer["importance"];
  readonly chosen: string | null;
  readonly onChoose: (parameter: string) => void;
}

export function Importance({ of, chosen, onChoose }: ImportanceProps) {
  const { shares, interactions, method, explanation, samples, r2 } = of;
  if (shares.length === 0)
    return <Empty title="Too few measurements">It takes a dozen measured candidates that differ.</Empty>;
  const longest = Math.max(...shares.map(({ high }) => high), 0.01);
  return (
    <>
      <ol class="importance" aria-label="Parameters by importance">
        {shares.map(({ parameter, share, low, high }) => (
          <li key={parameter}>
            <button type="button" class="quiet" aria-pressed={parameter === chosen} onClick={() => onChoose(parameter)}>
              <Untrusted class="mono" text={parameter} />
              <svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar" width={(share / longest) * 100} height="14" />
                <line class="range" x1={(low / longest) * 100} x2={(high / longest) * 100} y1="7" y2="7" />
              </svg>
              <span class="number">{percent(share)} %</span>
              <span class="interval">
                {percent(low)}–{percent(high)}
              </span>
            </button>
          </li>
        ))}
      </ol>
      <p class="note method">
        <strong>{method.charAt(0).toUpperCase() + method.slice(1)}</strong>, {formatCount(samples)} measured candidates
        {r2 !== null && <>, R² {formatNumber(r2, 2)} for candidates that a tree did not see</>}. {explanation}
        {interactions > 0 && <> {formatShare(interactions)} of the variance comes from parameters acting together.</>}
      </p>
    </>
  );
}

/** More digits than these would be noise of the forest. */
const percent = (share: number): string => (share * 100).toFixed(1);
