/** This process's end of the channel over which an evaluator asks for values: see `proto/objective-channel.ts`. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { arch, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startTimeOf } from "@kevo/core/process/process-identity.ts";
import type { ObjectiveAnswer, ObjectiveHello } from "@kevo/proto/objective-channel.ts";
import { type Config, config } from "@kevo/proto/search-space.ts";
import { z } from "zod";

const PREFIX = "kevo-objective-";

const question = z.union([
  z.object({ id: z.int(), candidate: z.string(), config }),
  /** Nobody waits for the answer any more; it is dropped when it comes. */
  z.object({ cancel: z.int() }),
]);

/** What came of one call; `id` is added. */
export type Answer =
  | { readonly value: number }
  | { readonly outcome: "crashed" | "incorrect" | "invalid"; readonly message: string };

export interface ObjectiveServer extends AsyncDisposable {
  /** The Unix socket, in a folder that this user alone can open: whoever reaches it is asked for values. */
  readonly path: string;
}

/** @param answer null where the run is to end without an answer. */
export async function serveObjective(
  kernel: string,
  workers: number,
  answer: (config: Config) => Promise<Answer | null>,
): Promise<ObjectiveServer> {
  const hello: ObjectiveHello = {
    ...{ v: 1, kernel, pid: process.pid, workers },
    ...{ device: `${hostname() || "this host"} (${arch()})`, toolchain: `Node ${process.versions.node}` },
  };
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const path = join(folder, "s");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // An evaluator that has ended asks again as another one.
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    socket.write(`${JSON.stringify(hello)}\n`);
    createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
      const asked = question.safeParse(jsonOf(line));
      if (!asked.success) socket.destroy();
      else if (!("cancel" in asked.data)) void reply(socket, asked.data.id, answer(asked.data.config));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(path, resolve);
  });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Folders of this user's processes that were killed; the Python package names its own alike. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || startTimeOf(Number(pid)) !== null) continue;
    const path = join(tmpdir(), name);
    if (statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.()) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

async function reply(socket: Socket, id: number, answering: Promise<Answer | null>): Promise<void> {
  const answer = await answering;
  if (answer === null || socket.destroyed) return;
  const line: ObjectiveAnswer = { id, ...answer };
  socket.write(`${JSON.stringify(line)}\n`);
}
