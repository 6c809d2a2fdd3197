/** Keys of the whole page and of what it shows now. `?` lists them; nothing is reachable by mouse only. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

export interface Key {
  /** One key as `KeyboardEvent.key` names it, or two in sequence: `g r`. */
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
}

interface KeyGroup {
  readonly title: string;
  readonly keys: readonly Key[];
}

export const keyGroups = signal<readonly KeyGroup[]>([]);

/** How long the first key of a sequence waits for the second. Milliseconds. */
const SEQUENCE_MS = 1200;

export function useKeys(title: string, keys: readonly Key[]): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const group = { title, keys: keys.map((key, at) => ({ ...key, run: () => latest.current[at]?.run() })) };
    keyGroups.value = [...keyGroups.value, group];
    return () => {
      keyGroups.value = keyGroups.value.filter((one) => one !== group);
    };
  }, [title, keys.map(({ key }) => key).join("\n")]);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;

export function followKeys(): void {
  let first: { key: string; time: number } | null = null;
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const started = first !== null && event.timeStamp - first.time < SEQUENCE_MS ? `${first.key} ` : "";
    first = null;
    // What was added last is nearest to the person: a page's key comes before the shell's.
    const all = keyGroups.value.flatMap(({ keys }) => keys).reverse();
    const found = all.find(({ key }) => key === started + event.key) ?? all.find(({ key }) => key === event.key);
    if (found !== undefined) {
      event.preventDefault();
      found.run();
    } else if (all.some(({ key }) => key.startsWith(`${event.key} `))) {
      first = { key: event.key, time: event.timeStamp };
    }
  });
}
