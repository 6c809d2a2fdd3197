/** The calls, newest first, and one of them with its prompt and answer. */
import { MODEL_ERROR_KINDS } from "@kevo/proto/model-call.ts";
import { useState } from "preact/hooks";
import type { CallRow } from "../../../contract/models.ts";
import { describeGain, shortId, toneOf } from "../../components/change.ts";
import { Dialog } from "../../components/dialog.tsx";
import { formatCount, formatDollars, formatDuration, formatMoment, MISSING } from "../../components/format.ts";
import { Scroll } from "../../components/scroll.tsx";
import { Answer, Empty } from "../../components/states.tsx";
import { CodeBlock, Untrusted } from "../../components/text.tsx";
import { visibleText } from "../../components/untrusted.ts";
import { useQuery } from "../../data/query.ts";
import { linkTo, place, setParams } from "../../state/location.ts";

const PAGE = 50;

export function Calls({ run, models }: { readonly run: string; readonly models: readonly string[] }) {
  const { params } = place.value;
  const model = params.get("model");
  const outcome = params.get("outcome");
  const [offset, setOffset] = useState(0);
  const calls = useQuery("calls", { run }, { offset, limit: PAGE, model, outcome });
  const filter = (changes: Record<string, string | null>) => {
    setOffset(0);
    setParams(changes);
  };
  return (
    <section class="panel">
      <header>
        <h2>Calls</h2>
        <select
          aria-label="Model"
          data-filter
          value={model ?? ""}
          onChange={(event) => filter({ model: event.currentTarget.value })}
        >
          <option value="">All models</option>
          {models.map((one) => (
            <option key={one} value={one}>
              {visibleText(one)}
            </option>
          ))}
        </select>
        <select
          aria-label="Outcome"
          value={outcome ?? ""}
          onChange={(event) => filter({ outcome: event.currentTarget.value })}
        >
          <option value="">All outcomes</option>
          <option value="ok">answered</option>
          {MODEL_ERROR_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {kind.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </header>
      <Answer query={calls} label="Loading the calls">
        {({ calls, total, offset: from }) =>
          total === 0 ? (
            <Empty title="No such call">
              {model === null && outcome === null
                ? "No model was asked so far."
                : "Choose all models and outcomes to see the others."}
            </Empty>
          ) : (
            <>
              <Table calls={calls} />
              <p class="paging">
                <span class="note">
                  {formatCount(from + 1)}–{formatCount(from + calls.length)} of {formatCount(total)}
                </span>
                <button type="button" disabled={from === 0} onClick={() => setOffset(Math.max(0, from - PAGE))}>
                  Newer
                </button>
                <button type="button" disabled={from + calls.length >= total} onClick={() => setOffset(from + PAGE)}>
                  Older
                </button>
              </p>
            </>
          )
        }
      </Answer>
      <Opened run={run} />
    </section>
  );
}

function Table({ calls }: { readonly calls: readonly CallRow[] }) {
  return (
    <Scroll label="Calls">
      <table class="calls tiles">
        <thead>
          <tr>
            <th>Time</th>
            <th>Model</th>
            <th>Prompt</th>
            <th class="right">Island</th>
            <th class="right">Tokens in</th>
            <th class="right">Tokens out</th>
            <th class="right">Latency</th>
            <th class="right">Cost</th>
            <th class="right">Candidates</th>
            <th class="right">Gain</th>
            <th>Outcome</th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <tr key={call.call}>
              <td data-label="Time" class="number">
                <button type="button" class="quiet link" onClick={() => setParams({ call: call.call })}>
                  {formatMoment(call.at)}
                </button>
              </td>
              <td data-label="Model" class="name">
                <Untrusted text={call.model} />
              </td>
              <td data-label="Prompt">{call.variant === null ? MISSING : <Untrusted text={call.variant} />}</td>
              <td data-label="Island" class="right number">
                {call.island ?? MISSING}
              </td>
              <td data-label="Tokens in" class="right number">
                {formatCount(call.prompt_tokens)}
              </td>
              <td data-label="Tokens out" class="right number">
                {formatCount(call.completion_tokens)}
              </td>
              <td data-label="Latency" class="right number">
                {formatDuration(call.latency_ms)}
              </td>
              <td data-label="Cost" class="right number">
                {call.usd === null ? `at most ${formatDollars(call.reserved_usd)}` : formatDollars(call.usd)}
              </td>
              <td data-label="Candidates" class="right number">
                {call.candidates.length}
              </td>
              <td data-label="Gain" class={`right number gain ${toneOf(call.gain)}`}>
                {call.gain === null ? MISSING : describeGain(call.gain)}
              </td>
              <td data-label="Outcome">
                <Outcome outcome={call.outcome} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Outcome({ outcome }: { readonly outcome: string | null }) {
  if (outcome === null) return <span class="pill">in progress</span>;
  return (
    <span class={outcome === "ok" ? "pill good" : "pill bad"}>
      {outcome === "ok" ? "answered" : visibleText(outcome).replaceAll("_", " ")}
    </span>
  );
}

function Opened({ run }: { readonly run: string }) {
  const call = place.value.params.get("call");
  const query = useQuery(call === null ? null : "call", { run, call: call ?? "" });
  if (call === null) return null;
  return (
    <Dialog title="Model call" onClose={() => setParams({ call: null })}>
      <Answer query={query} label="Loading the call">
        {({ call, messages, answer }) => (
          <div class="call-texts">
            <p class="note">
              <Untrusted text={call.model} /> · {formatMoment(call.at)} · {formatDollars(call.usd)} ·{" "}
              {formatDuration(call.latency_ms)} · {formatCount(call.prompt_tokens)} tokens in,{" "}
              {formatCount(call.completion_tokens)} out
              {call.variant !== null && (
                <>
                  {" · prompt "}
                  <Untrusted text={call.variant} />
                </>
              )}
              {call.island !== null && ` · island ${call.island}`}
            </p>
            {call.error !== null && (
              <p class="bad-text">
                <Untrusted text={call.error} />
              </p>
            )}
            {call.candidates.length > 0 && (
              <p class="examples">
                Candidates:
                {call.candidates.map((candidate) => (
                  <a key={candidate} class="mono" href={linkTo("candidates", { candidate })}>
                    {shortId(candidate)}
                  </a>
                ))}
              </p>
            )}
            <h3>Answer</h3>
            {answer === null ? (
              <p class="note">None was recorded.</p>
            ) : (
              <CodeBlock label="Answer" text={answer.text} length={answer.length} />
            )}
            {messages.map(({ role, content }, at) => (
              <div key={at}>
                <h3>
                  Prompt: <Untrusted text={role} />
                </h3>
                <CodeBlock label={`Prompt of the role ${role}`} text={content.text} length={content.length} />
              </div>
            ))}
          </div>
        )}
      </Answer>
    </Dialog>
  );
}
