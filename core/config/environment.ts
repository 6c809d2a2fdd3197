/** The environment variables that the programs read, validated once. */
import { z } from "zod";
import { UserError } from "../errors/user-error.ts";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const optionalText = z
  .string()
  .optional()
  .transform((text) => (text === "" ? undefined : text));

const environment = z.object({
  /** How much goes to standard error. */
  KEVO_LOG: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("warn"),
  /** Shared secret of NATS and of the evaluators beyond loopback. */
  KEVO_TOKEN: optionalText.pipe(
    z
      .string()
      .regex(/^[\x21-\x7e]{8,200}$/, "must be 8 to 200 printable ASCII characters without spaces")
      .optional(),
  ),
  /** A nats-server to use before any other. */
  NATS_SERVER_BIN: optionalText,
  /** The Python that has torch and triton. */
  KEVO_PYTHON: optionalText,
  /** What the CPU backend does where the machine is too busy to measure: wait, or measure without a claim. */
  KEVO_WHEN_BUSY: z.enum(["wait", "measure"], "must be wait or measure").default("wait"),
  /** Unix socket of the process whose function the backend `objective` calls; that process sets it for what it starts. */
  KEVO_OBJECTIVE: optionalText,
});
export type Environment = z.infer<typeof environment>;

/** @throws UserError (code 2) that names the variable; never shows the value of a key. */
export function readEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  const result = environment.safeParse(source);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = String(issue?.path[0]);
  const value = name === "KEVO_TOKEN" ? "" : ` "${source[name]}"`;
  throw new UserError(`The environment variable ${name}${value} ${issue?.message}.`, 2);
}
