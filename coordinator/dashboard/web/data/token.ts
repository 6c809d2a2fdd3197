/**
 * The token that the printed address carries in its fragment. A fragment is never sent to a server; it is removed at once,
 * so that neither history nor a copied address holds it, and the token is kept as long as the tab.
 */
const KEY = "kevo-token";
const channel = new BroadcastChannel("kevo-token");

const stored = (): string | null => sessionStorage.getItem(KEY);

export const token = (): string => stored() ?? "";

export function keepToken(value: string): void {
  sessionStorage.setItem(KEY, value);
}

/** What a person pastes: the token alone, or the whole address. */
export function tokenIn(text: string): string | null {
  const value = /#token=([^&\s]+)/.exec(text)?.[1] ?? text.trim();
  return /^[\w-]{16,}$/.test(value) ? value : null;
}

export function takeTokenFromAddress(): void {
  const given = tokenIn(location.hash.startsWith("#token=") ? location.hash : "");
  if (given === null) return;
  keepToken(given);
  history.replaceState(null, "", "#/");
}

/** Asks the other tabs for a token where this one has none, and answers them from now on. */
export async function findToken(): Promise<void> {
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (data === "asked" && stored() !== null) channel.postMessage({ token: stored() });
  });
  if (stored() === null) await askOtherTabs();
}

/** A link opened in a new tab has no token of its own; a tab of the same origin gives it. Milliseconds. */
const ANSWER_MS = 150;

function askOtherTabs(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      channel.removeEventListener("message", take);
      resolve();
    };
    const take = ({ data }: MessageEvent<unknown>) => {
      const answer = typeof data === "object" && data !== null && "token" in data ? tokenIn(String(data.token)) : null;
      if (answer === null) return;
      keepToken(answer);
      done();
    };
    channel.addEventListener("message", take);
    channel.postMessage("asked");
    setTimeout(done, ANSWER_MS);
  });
}
