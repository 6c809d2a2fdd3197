import { effect } from "@preact/signals";
import { render } from "preact";
import { pending } from "../data/client.ts";
import { findToken, takeTokenFromAddress } from "../data/token.ts";
import { followKeys } from "../state/keys.ts";
import { followLocation } from "../state/location.ts";
import { followTheme } from "../state/theme.ts";
import { Shell } from "./shell.tsx";

export async function start(): Promise<void> {
  await findToken();
  // The printed address may be pasted where the dashboard is open: the browser then loads nothing anew.
  addEventListener("hashchange", takeTokenFromAddress);
  followLocation();
  followTheme();
  followKeys();
  const root = document.getElementById("app");
  if (root !== null) render(<Shell />, root);
  effect(() => {
    document.getElementById("content")?.setAttribute("aria-busy", String(pending.value > 0));
  });
}
