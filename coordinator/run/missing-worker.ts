/** What a person is told whose run waits for a worker of another machine. */
import { ownCommand } from "@kevo/core/program/own-command.ts";
import { shellWord } from "@kevo/core/program/shell-word.ts";
import { commandFor } from "../lineage/command.ts";
import type { Launch } from "./launch.ts";

export function missingWorker(natsUrl: string, { nats_listen }: Launch, database: string): string {
  const start = `${ownCommand("island-worker")} start --nats ${shellWord(natsUrl)}`;
  const invitation = commandFor("invite --role worker --out worker.json", database);
  const invite = nats_listen === null ? "" : `, or invite one with \`${invitation}\``;
  return `no island-worker works for the run; start one with \`${start}\`${invite}`;
}
