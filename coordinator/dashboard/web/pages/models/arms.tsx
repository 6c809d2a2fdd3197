/** What each arm of the bandit cost and earned, beside the search without models. */
import type { ModelsAnswer } from "../../../contract/models.ts";
import { describeGain, toneOf } from "../../components/change.ts";
import { formatCount, formatDollars, formatDuration, MISSING } from "../../components/format.ts";
import { proposerName } from "../../components/names.ts";
import { Scroll } from "../../components/scroll.tsx";
import { Untrusted } from "../../components/text.tsx";

export function Arms({ arms }: { readonly arms: ModelsAnswer["arms"] }) {
  return (
    <Scroll label="Arms of the bandit">
      <table class="arms tiles">
        <thead>
          <tr>
            <th>Model</th>
            <th>Prompt</th>
            <th class="right">Calls</th>
            <th class="right">Tokens in</th>
            <th class="right">Tokens out</th>
            <th class="right">Latency</th>
            <th class="right">Cost</th>
            <th class="right">Candidates</th>
            <th class="right">Measured</th>
            <th class="right">Improvements</th>
            <th class="right">Gain</th>
          </tr>
        </thead>
        <tbody>
          {arms
            .toSorted((a, b) => b.gain - a.gain || b.usd - a.usd)
            .map((arm) => (
              <tr key={`${arm.model} ${arm.variant}`}>
                <td data-label="Model" class="name">
                  <Untrusted text={arm.model} />
                </td>
                <td data-label="Prompt">{arm.variant === null ? MISSING : <Untrusted text={arm.variant} />}</td>
                <td data-label="Calls" class="right number">
                  {formatCount(arm.calls)}
                  {arm.failed > 0 && <span class="bad-text"> ({formatCount(arm.failed)} failed)</span>}
                </td>
                <td data-label="Tokens in" class="right number">
                  {formatCount(arm.prompt_tokens)}
                </td>
                <td data-label="Tokens out" class="right number">
                  {formatCount(arm.completion_tokens + arm.reasoning_tokens)}
                </td>
                <td data-label="Latency" class="right number">
                  {formatDuration(arm.latency_ms)}
                </td>
                <td data-label="Cost" class="right number">
                  {formatDollars(arm.usd)}
                </td>
                <td data-label="Candidates" class="right number">
                  {formatCount(arm.candidates)}
                </td>
                <td data-label="Measured" class="right number">
                  {formatCount(arm.ok)}
                </td>
                <td data-label="Improvements" class="right number">
                  {formatCount(arm.improvements)}
                </td>
                <td data-label="Gain" class={`right number gain ${toneOf(arm.gain)}`}>
                  {describeGain(arm.gain)}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function Proposers({ proposers }: { readonly proposers: ModelsAnswer["proposers"] }) {
  const most = Math.max(0, ...proposers.map(({ gain }) => Math.log(gain)));
  return (
    <Scroll label="Gain by proposer">
      <table class="tiles">
        <thead>
          <tr>
            <th>Proposer</th>
            <th class="right">Evaluations</th>
            <th class="right">Improvements</th>
            <th class="right">Cost</th>
            <th class="right">Gain</th>
            <th class="share">Share</th>
          </tr>
        </thead>
        <tbody>
          {proposers
            .toSorted((a, b) => b.gain - a.gain || b.evaluations - a.evaluations)
            .map(({ proposer, evaluations, improvements, gain, usd }) => (
              <tr key={proposer}>
                <td data-label="Proposer" class="name">
                  <Untrusted text={proposerName(proposer)} />
                </td>
                <td data-label="Evaluations" class="right number">
                  {formatCount(evaluations)}
                </td>
                <td data-label="Improvements" class="right number">
                  {formatCount(improvements)}
                </td>
                <td data-label="Cost" class="right number">
                  {usd === 0 ? MISSING : formatDollars(usd)}
                </td>
                <td data-label="Gain" class={`right number gain ${toneOf(gain)}`}>
                  {describeGain(gain)}
                </td>
                <td data-label="Share" class="share">
                  <i
                    class={proposer === "llm" ? "own" : ""}
                    style={{ width: `${most === 0 ? 0 : (Math.max(0, Math.log(gain)) / most) * 100}%` }}
                  />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </Scroll>
  );
}
