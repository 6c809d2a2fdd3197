/** Notices that the file of an invitation was replaced by a newer one, so that a program need not be started again. */
import { readFileSync } from "node:fs";
import { type Invitation, readInvitation } from "./invitation.ts";
import type { Role } from "./role.ts";

const LOOK_MS = 1_000;

const contentOf = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};

/**
 * Does not keep the process alive.
 * @param onRenewed gets each other invitation that the file holds from now on
 * @param onNote told of a content that is none, once
 * @returns ends it
 */
export function onRenewedInvitation(
  path: string,
  role: Role,
  onRenewed: (invitation: Invitation) => void,
  onNote: (message: string) => void,
): () => void {
  let known = contentOf(path);
  const look = () => {
    const content = contentOf(path);
    // While it is being replaced it may be missing, or be there in part.
    if (content === null || content === known) return;
    known = content;
    try {
      onRenewed(readInvitation(path, role));
    } catch (error) {
      onNote((error as Error).message);
    }
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
