/** What is around every page: header, navigation, the state of the connection, and the keys that work everywhere. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure, Loading } from "../components/states.tsx";
import { follow } from "../data/live.ts";
import { useQuery } from "../data/query.ts";
import { token } from "../data/token.ts";
import { ReplayBar } from "../replay/bar.tsx";
import { useKeys } from "../state/keys.ts";
import { go, linkTo, place, placeHref } from "../state/location.ts";
import { shownRun } from "../state/run.ts";
import { nextTheme } from "../state/theme.ts";
import { ConnectionBanner } from "./connection.tsx";
import { Header } from "./header.tsx";
import { Help, helpIsOpen } from "./help.tsx";
import { Navigation } from "./navigation.tsx";
import { PAGES, type Page } from "./pages.ts";
import { TokenForm } from "./token-form.tsx";

export function Shell() {
  const { run, page: name } = place.value;
  const query = useQuery(run === null ? "runs" : "run", run === null ? {} : { run });
  const { data, error } = query.state.value;
  const unknown = token() === "" || error?.status === 401;
  useEffect(() => {
    shownRun.value = data !== null && "summary" in data && data.about.run === run ? data : null;
  }, [data, run]);
  useEffect(() => {
    if (!unknown) follow(run);
  }, [run, unknown]);
  useShellKeys(run);
  const page = PAGES.find((one) => one.name === name && (one.of === "run") === (run !== null));
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("content")?.focus()}>
        Skip to the page
      </button>
      <Header run={run} />
      {unknown ? (
        <main id="content" tabIndex={-1}>
          <TokenForm refused={error?.status === 401} />
        </main>
      ) : (
        <div class="frame">
          <Navigation run={run} current={name} />
          <main id="content" tabIndex={-1}>
            <ConnectionBanner />
            {page === undefined ? (
              <Failure message="There is no such page." />
            ) : run !== null && error?.status === 404 ? (
              <Failure message={error.message} retry={query.retry} />
            ) : (
              <PageBody key={`${page.name} ${run ?? ""}`} page={page} />
            )}
            {run !== null && <ReplayBar run={run} />}
          </main>
        </div>
      )}
      <Help />
    </>
  );
}

function PageBody({ page }: { readonly page: Page }) {
  const [body, setBody] = useState<{ readonly Body: ComponentType } | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    document.title = `${page.title} · KernelEvolve`;
    scrollTo(0, 0);
    page.load().then(
      (Body) => setBody({ Body }),
      () => setFailed(true),
    );
  }, [page]);
  if (failed) return <Failure message="This page could not be loaded." retry={() => location.reload()} />;
  return body === null ? <Loading /> : <body.Body />;
}

function useShellKeys(run: string | null): void {
  const pages = PAGES.filter(({ of }) => of === "database" || run !== null);
  useKeys("Go to", [
    ...pages.map(({ key, title, name, of }) => ({
      key: `g ${key}`,
      does: title,
      run: () => go(of === "run" ? linkTo(name) : placeHref(name, null)),
    })),
  ]);
  useKeys("Everywhere", [
    {
      key: "?",
      does: "Show these keys",
      run: () => {
        helpIsOpen.value = true;
      },
    },
    { key: "t", does: "Dark, light, or as the system", run: nextTheme },
    { key: "/", does: "To the filter", run: () => document.querySelector<HTMLElement>("[data-filter]")?.focus() },
  ]);
}
