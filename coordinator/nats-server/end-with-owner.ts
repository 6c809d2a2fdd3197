/**
 * Ends a nats-server when its owner dies, however it dies. nats-server itself does not notice, and a signal at the parent's
 * death is Linux's alone: a shell waits at a pipe that the operating system closes.
 */
import { spawn } from "node:child_process";
import { Socket } from "node:net";

/** A line says that the owner ends the server itself; the pipe's end without one says that the owner is dead. */
const SCRIPT = `trap '' HUP INT TERM
read -r line && exit 0
kill -TERM "$1"`;

/** @returns to be called when the server has ended, or is about to. */
export function endWithOwner(pid: number): () => void {
  // Detached: what ends the owner's process group leaves the shell to do its work.
  const shell = spawn("/bin/sh", ["-c", SCRIPT, "nats-server-watcher", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
    env: {},
  });
  shell.unref();
  // The pipe alone keeps no process.
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  // Where there is no shell, the next start ends or adopts the server.
  shell.on("error", () => {});
  shell.stdin?.on("error", () => {});
  return () => shell.stdin?.end("ended\n");
}
