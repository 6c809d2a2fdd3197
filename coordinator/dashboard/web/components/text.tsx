import { pieces } from "./untrusted.ts";

/** Foreign text in a line. Its direction cannot leave its own box. */
export function Untrusted({ text, class: name = "" }: { readonly text: string; readonly class?: string }) {
  return (
    <bdi dir="ltr" class={`untrusted ${name}`}>
      {pieces(text).map(({ text, named }) => (named ? <mark class="hidden-character">{text}</mark> : text))}
    </bdi>
  );
}

export interface LongText {
  readonly text: string;
  /** Characters of the whole, of which the server may have cut some. */
  readonly length: number;
}

/** Foreign text with its line ends: sources, compiler output, answers. */
export function CodeBlock({ text, length, label }: LongText & { readonly label: string }) {
  return (
    <section class="code" aria-label={label}>
      <pre tabIndex={0}>
        <Untrusted text={text} />
      </pre>
      {length > text.length && (
        <p class="note">
          The first {text.length.toLocaleString("en")} of {length.toLocaleString("en")} characters.
        </p>
      )}
    </section>
  );
}
