/** Server-sent events over fetch, which unlike EventSource can send the token in a header. */

export interface StreamEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** Takes pieces of a stream as they come and gives the events that are complete. */
export function eventParser(): (piece: string) => StreamEvent[] {
  let rest = "";
  let id: string | null = null;
  return (piece) => {
    const blocks = (rest + piece).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      let event = "message";
      const data: string[] = [];
      for (const line of block.split("\n")) {
        const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
        if (field === "id") id = value;
        else if (field === "event") event = value;
        else if (field === "data") data.push(value);
      }
      return data.length === 0 ? [] : [{ id, event, data: data.join("\n") }];
    });
  };
}

/**
 * Reads events until the connection ends.
 * @param heard called for every piece, comments that only keep the connection alive included
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: StreamEvent) => void,
  heard: () => void,
): Promise<void> {
  const parse = eventParser();
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    for (const event of parse(value)) onEvent(event);
  }
}
