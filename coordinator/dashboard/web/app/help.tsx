import { signal } from "@preact/signals";
import { Dialog } from "../components/dialog.tsx";
import { keyGroups } from "../state/keys.ts";

export const helpIsOpen = signal(false);

const NAMES: Readonly<Record<string, string>> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→",
  " ": "Space",
  Escape: "Esc",
};

export function Help() {
  if (!helpIsOpen.value) return null;
  return (
    <Dialog
      title="Keyboard"
      onClose={() => {
        helpIsOpen.value = false;
      }}
    >
      {keyGroups.value
        .filter(({ keys }) => keys.length > 0)
        .map(({ title, keys }) => (
          <section key={title} class="keys">
            <h3>{title}</h3>
            <dl>
              {[...Map.groupBy(keys, ({ does }) => does)].map(([does, same]) => (
                <div key={does}>
                  <dt>
                    {same.map(({ key }, at) => (
                      <span key={key}>
                        {at > 0 && <span class="note"> or </span>}
                        {(key === " " ? [key] : key.split(" ")).map((one) => (
                          <kbd key={one}>{NAMES[one] ?? one}</kbd>
                        ))}
                      </span>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
    </Dialog>
  );
}
