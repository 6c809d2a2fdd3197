/** Dark or light: what the system prefers, unless a person chose. */
import { effect, signal } from "@preact/signals";

const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "kevo-theme";
const kept = localStorage.getItem(KEY);

export const theme = signal<Theme>(THEMES.find((one) => one === kept) ?? "system");
/** Grows whenever colors change, for what is drawn on a canvas. */
export const paints = signal(0);

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
}

export function followTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    localStorage.setItem(KEY, theme.value);
    paints.value = paints.peek() + 1;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    paints.value++;
  });
}

/** The color that a custom property has now, as a canvas understands it. */
export function colorOf(property: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
