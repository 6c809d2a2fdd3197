/** A place along a chart, chosen with the arrow keys or the pointer; null while none is. */
import { useState } from "preact/hooks";

interface Cursor {
  readonly row: number | null;
  readonly handlers: {
    readonly onKeyDown: (event: KeyboardEvent) => void;
    readonly onPointerMove: (event: PointerEvent) => void;
    readonly onPointerLeave: () => void;
    readonly onBlur: () => void;
  };
}

/** @param nearest the row at a horizontal place */
export function useCursor(rows: number, nearest: (x: number) => number): Cursor {
  const [chosen, setRow] = useState<number | null>(null);
  const row = chosen === null || rows === 0 ? null : Math.min(chosen, rows - 1);
  const keys: Record<string, () => void> = {
    ArrowLeft: () => setRow(Math.max(0, (row ?? rows) - 1)),
    ArrowRight: () => setRow(Math.min(rows - 1, (row ?? -1) + 1)),
    Home: () => setRow(0),
    End: () => setRow(rows - 1),
    Escape: () => setRow(null),
  };
  return {
    row,
    handlers: {
      onKeyDown: (event) => {
        const action = keys[event.key];
        if (action === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
        // The page's own arrow keys would act as well.
        event.preventDefault();
        event.stopPropagation();
        action();
      },
      onPointerMove: (event) => setRow(nearest(event.offsetX)),
      onPointerLeave: () => setRow(null),
      onBlur: () => setRow(null),
    },
  };
}
