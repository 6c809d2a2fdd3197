import { useEffect, useRef } from "preact/hooks";
import { open } from "../replay/bar.tsx";
import { linkTo, placeHref } from "../state/location.ts";
import { PAGES } from "./pages.ts";

export function Navigation({ run, current }: { readonly run: string | null; readonly current: string }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    // In a narrow window the pages stand in a row that scrolls.
    bar.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current, run]);
  const item = (name: string, title: string, href: string, key: string) => (
    <li key={name}>
      <a href={href} aria-current={name === current ? "page" : undefined} title={`Keys: g ${key}`}>
        {title}
      </a>
    </li>
  );
  return (
    <nav ref={bar} class="pages" aria-label="Pages">
      <ul>
        {PAGES.filter(({ of }) => of === "database").map(({ name, title, key }) =>
          item(name, title, placeHref(name, null), key),
        )}
      </ul>
      {run !== null && (
        <ul>
          {PAGES.filter(({ of }) => of === "run").map(({ name, title, key }) => item(name, title, linkTo(name), key))}
          <li>
            <button type="button" class="quiet" title="Key: r" onClick={open}>
              Replay
            </button>
          </li>
        </ul>
      )}
    </nav>
  );
}
