/** A small disk that can be filled: a tmpfs where this user may mount one, a folder otherwise. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const SIZE_MB = 64;
const PIECE = Buffer.alloc(256 * 1024);

export class Volume {
  readonly path: string;
  /** False where it is a folder, which is not filled. */
  readonly canFill: boolean;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_MB}m,mode=0700`, "tmpfs", path]);
    this.canFill = mounted.status === 0;
  }

  fill(): void {
    const file = openSync(this.#ballast, "a");
    try {
      for (let size = PIECE.length; size >= 1; size = Math.floor(size / 4)) {
        try {
          for (;;) writeSync(file, PIECE, 0, size);
        } catch {
          // Full for pieces of this size.
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  close(): void {
    if (this.canFill) spawnSync("umount", ["-l", this.path]);
  }

  get #ballast(): string {
    return join(this.path, "ballast");
  }
}
