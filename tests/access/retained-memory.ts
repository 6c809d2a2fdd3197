/** The memory that a Node program retains after garbage collection, read through its inspector. */
import type { ChildProcess } from "node:child_process";
import { z } from "zod";

/** For the environment of the program; it says on standard error where its inspector listens. */
export const INSPECTED = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

const usage = z.object({ usedSize: z.number(), embedderHeapUsedSize: z.number(), backingStorageSize: z.number() });

/** Call it before the program has said anything. @returns a function that gives MB */
export function retainedMb(child: ChildProcess): () => Promise<number> {
  const address = new Promise<string>((resolve) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = /Debugger listening on (ws:\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return async () => {
    const socket = new WebSocket(await address);
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    const ask = (id: number, method: string) =>
      new Promise<unknown>((resolve) => {
        const hear = (event: MessageEvent) => {
          const reply = JSON.parse(String(event.data)) as { id?: number; result?: unknown };
          if (reply.id !== id) return;
          socket.removeEventListener("message", hear);
          resolve(reply.result);
        };
        socket.addEventListener("message", hear);
        socket.send(JSON.stringify({ id, method }));
      });
    await ask(1, "HeapProfiler.collectGarbage");
    const { usedSize, embedderHeapUsedSize, backingStorageSize } = usage.parse(await ask(2, "Runtime.getHeapUsage"));
    socket.close();
    return (usedSize + embedderHeapUsedSize + backingStorageSize) / 1024 ** 2;
  };
}
