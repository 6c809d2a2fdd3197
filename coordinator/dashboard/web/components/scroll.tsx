import type { ComponentChildren } from "preact";

/** A part of the page that scrolls sideways where it does not fit, also by keyboard. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <section class="scroll-x" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
