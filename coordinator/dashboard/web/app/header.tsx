import { STATUS_KIND, STATUS_NAME } from "../components/names.ts";
import { Untrusted } from "../components/text.tsx";
import { visibleText } from "../components/untrusted.ts";
import { linkTo } from "../state/location.ts";
import { shownRun } from "../state/run.ts";
import { nextTheme, theme } from "../state/theme.ts";
import { Freshness, PositionText } from "./connection.tsx";
import { helpIsOpen } from "./help.tsx";

const THEME_NAME = { system: "Auto", light: "Light", dark: "Dark" } as const;

export function Header({ run }: { readonly run: string | null }) {
  return (
    <header class="top">
      <a class="brand" href="#/runs">
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <rect width="32" height="32" rx="7" fill="var(--accent)" />
          <path d="M6 24 L12 17 L17 19 L26 8" fill="none" stroke="var(--on-accent)" stroke-width="3" />
          <circle cx="26" cy="8" r="3" fill="var(--on-accent)" />
        </svg>
        <span>KernelEvolve</span>
      </a>
      <div class="what">{run !== null && <RunLine run={run} />}</div>
      <div class="tools">
        <button
          type="button"
          class="quiet"
          aria-label={`Theme: ${THEME_NAME[theme.value]}`}
          title="Theme (t)"
          onClick={nextTheme}
        >
          <span aria-hidden="true">◐ </span>
          {THEME_NAME[theme.value]}
        </button>
        <button
          type="button"
          class="quiet"
          aria-label="Keyboard"
          title="Keyboard (?)"
          onClick={() => {
            helpIsOpen.value = true;
          }}
        >
          ?
        </button>
      </div>
    </header>
  );
}

/** A name whose end may not be seen. */
const hint = (name: string): string => visibleText(name.slice(0, 300));

function RunLine({ run }: { readonly run: string }) {
  const shown = shownRun.value;
  if (shown === null) return <span class="run-id">{run}</span>;
  const { about, summary, paused } = shown;
  const devices = about.devices.join(", ");
  return (
    <>
      <div class="identity">
        <a class="run-id" href={linkTo("run")} title={hint(run)}>
          <Untrusted text={run} />
        </a>
        <span class="run-kernel" title={hint(about.kernel)}>
          <Untrusted text={about.kernel} />
        </span>
        <span class="note" title={devices}>
          {devices === "" ? about.backend : <Untrusted text={devices} />}
        </span>
        <span class="note">v{about.version}</span>
      </div>
      <div class="state">
        <span class={`pill ${paused ? "warn" : STATUS_KIND[summary.status]}`} data-testid="status">
          {paused && summary.status === "running" ? "Paused" : STATUS_NAME[summary.status]}
        </span>
        <Freshness about={about} status={summary.status} />
        <PositionText about={about} limit={summary.budget.evaluations.limit} />
      </div>
    </>
  );
}
