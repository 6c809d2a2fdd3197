/** Asking a person before something is done, and telling what came of it. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Action, type ActionBody, actionAnswer } from "../../../contract/actions.ts";
import { pathTo } from "../../../contract/endpoints.ts";
import { Dialog } from "../../components/dialog.tsx";
import { post } from "../../data/client.ts";
import { revision } from "../../data/live.ts";

/** One action with what it is done to, as a person is asked about it. */
export interface Intent<A extends Action = Action> {
  readonly action: A;
  readonly body: ActionBody<A>;
  readonly title: string;
  readonly consequence: ComponentChildren;
  readonly confirm: string;
  readonly dangerous?: boolean;
}

const NAME_KEY = "kevo-name";

const intent = signal<Intent | null>(null);
export const outcome = signal<{ readonly message: string; readonly candidate: string | null } | null>(null);

export function ask<A extends Action>(asked: Intent<A>): void {
  outcome.value = null;
  intent.value = asked as Intent;
}

export function Confirmation({ run }: { readonly run: string }) {
  const asked = intent.value;
  // A dialog that was removed still says that it closed, perhaps when the next one is open already.
  const close = () => {
    if (intent.peek() === asked) intent.value = null;
  };
  return asked === null ? null : <Confirm key={asked.title} run={run} asked={asked} close={close} />;
}

interface ConfirmProps {
  readonly run: string;
  readonly asked: Intent;
  readonly close: () => void;
}

function Confirm({ run, asked, close }: ConfirmProps) {
  const [name, setName] = useState(localStorage.getItem(NAME_KEY) ?? "");
  const [state, setState] = useState<{ busy: boolean; trouble: string | null }>({ busy: false, trouble: null });
  const act = async () => {
    setState({ busy: true, trouble: null });
    localStorage.setItem(NAME_KEY, name.trim());
    const by = name.trim() === "" ? {} : { by: name.trim() };
    try {
      const path = pathTo(`/runs/:run/actions/${asked.action}`, { run });
      const { message, candidate } = await post(path, { ...asked.body, ...by }, actionAnswer);
      outcome.value = { message, candidate };
      revision.value++;
      close();
    } catch (error) {
      setState({ busy: false, trouble: (error as Error).message });
    }
  };
  return (
    <Dialog title={asked.title} onClose={close}>
      <form
        class="confirm"
        onSubmit={(event) => {
          event.preventDefault();
          void act();
        }}
      >
        <div>{asked.consequence}</div>
        <label for="by">Your name, stored with the action</label>
        <input
          id="by"
          data-first
          value={name}
          maxLength={100}
          autocomplete="name"
          placeholder="the user of the coordinator"
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        {state.trouble !== null && (
          <p class="trouble" role="alert">
            {state.trouble}
          </p>
        )}
        <div class="dialog-actions">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class={asked.dangerous ? "danger" : "primary"} disabled={state.busy}>
            {state.busy ? "Working …" : asked.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
