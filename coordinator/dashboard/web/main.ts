import { config } from "zod";
import { takeTokenFromAddress } from "./data/token.ts";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/shell.css";

takeTokenFromAddress();
// The server's policy lets no text become code, which is how zod would make itself faster: it must know before any schema.
config({ jitless: true });
const { start } = await import("./app/start.tsx");
await start();
