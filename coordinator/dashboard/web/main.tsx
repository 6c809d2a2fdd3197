/** The server's policy forbids code made of text. zod would try whether it may, so it is told before any schema exists. */
import { config } from "zod";

config({ jitless: true });
await import("./app/start.tsx");
