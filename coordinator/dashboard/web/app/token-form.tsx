import { useState } from "preact/hooks";
import { keepToken, tokenIn } from "../data/token.ts";

/** Shown to a browser that came without the token. */
export function TokenForm({ refused }: { readonly refused: boolean }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(refused);
  const submit = (event: Event) => {
    event.preventDefault();
    const token = tokenIn(text);
    setWrong(token === null);
    if (token === null) return;
    keepToken(token);
    location.reload();
  };
  return (
    <form class="panel token-form" onSubmit={submit}>
      <h1>This page needs a token</h1>
      <p>
        Open the address that <code>coordinator start</code> or <code>coordinator dashboard</code> printed. It ends in{" "}
        <code>#token=…</code>. You can also paste it here.
      </p>
      <label for="token">Address or token</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        value={text}
        aria-invalid={wrong}
        aria-describedby="token-trouble"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <p id="token-trouble" class="trouble" role="alert">
        {wrong &&
          (text === "" ? "The server refused the token of this tab." : "This is neither the address nor the token.")}
      </p>
      <button type="submit" class="primary">
        Open the dashboard
      </button>
    </form>
  );
}
