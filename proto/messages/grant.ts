import { z } from "zod";

/** What the coordinator gave to the holder alone (of a lease, of reserved dollars): proves that a request is its own. */
export const grantSecret = z.string().regex(/^[0-9a-f]{32}$/);
