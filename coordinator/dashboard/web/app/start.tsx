import { effect } from "@preact/signals";
import { render } from "preact";
import { pending } from "../data/client.ts";
import { findToken } from "../data/token.ts";
import { followKeys } from "../state/keys.ts";
import { followLocation } from "../state/location.ts";
import { followTheme } from "../state/theme.ts";
import { Shell } from "./shell.tsx";

export async function start(): Promise<void> {
  await findToken();
  followLocation();
  followTheme();
  followKeys();
  const root = document.getElementById("app");
  if (root !== null) render(<Shell />, root);
  effect(() => {
    document.getElementById("content")?.setAttribute("aria-busy", String(pending.value > 0));
  });
}
