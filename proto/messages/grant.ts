import { z } from "zod";

/** A secret that the coordinator gave to the holder of a lease or a reservation: it proves that a request is the holder's. */
export const grantSecret = z.string().regex(/^[0-9a-f]{32}$/);
