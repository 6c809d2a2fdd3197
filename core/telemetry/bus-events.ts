/** What a program tells of its connection to NATS. */
import { openChannel } from "./channel.ts";

export const busEvents = openChannel<{ readonly event: "connected" | "disconnected" | "malformed" }>("bus");
