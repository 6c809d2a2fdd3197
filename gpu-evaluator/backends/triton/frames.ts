/** Frames of the runner's protocol (`runner/protocol.py`): a length (u32, little endian), and as many bytes of JSON. */

/** One object with a `type`; the requester checks the rest. */
export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

const HEADER_BYTES = 4;
/** As in `protocol.py`. */
const MAX_BYTES = 64 * 1024 * 1024;

export function encodeFrame(frame: Frame): Buffer {
  const body = Buffer.from(JSON.stringify(frame));
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  bytes.writeUInt32LE(body.length);
  body.copy(bytes, HEADER_BYTES);
  return bytes;
}

/** Puts frames together from the pieces that a pipe delivers. */
export class FrameDecoder {
  #pieces: Buffer[] = [];
  #length = 0;

  /** @returns the frames that this piece completes. @throws Error on other bytes; nothing after them can be read. */
  push(piece: Buffer): Frame[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    const frames: Frame[] = [];
    while (this.#length >= HEADER_BYTES) {
      const bodyBytes = this.#joined().readUInt32LE();
      if (bodyBytes > MAX_BYTES) throw new Error(`a frame of ${bodyBytes} bytes`);
      if (this.#length < HEADER_BYTES + bodyBytes) break;
      const bytes = this.#joined();
      frames.push(parse(bytes.subarray(HEADER_BYTES, HEADER_BYTES + bodyBytes)));
      this.#pieces = [bytes.subarray(HEADER_BYTES + bodyBytes)];
      this.#length -= HEADER_BYTES + bodyBytes;
    }
    return frames;
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first !== undefined) return first;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
    return bytes;
  }
}

function parse(body: Buffer): Frame {
  const value: unknown = JSON.parse(body.toString("utf8"));
  if (typeof value !== "object" || value === null || typeof (value as { type?: unknown }).type !== "string") {
    throw new Error("a frame that is not an object with a type");
  }
  return value as Frame;
}
