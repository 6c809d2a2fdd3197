/**
 * Whether a request failed before any of it left this machine, so that it cannot have cost anything. If that is not
 * certain, the answer is no: the call stays counted.
 */
import { BlockedPort } from "./model-fetch.ts";

/** Of Node's errors: the call to the operating system that failed. A connection that broke later fails in `read`. */
const BEFORE_SENDING: ReadonlySet<unknown> = new Set(["connect", "getaddrinfo"]);

/** The connection took too long, or the other side's certificate was refused; HTTP begins after either. */
const CODES: ReadonlySet<unknown> = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

export function neverSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof BlockedPort) return true;
  // Of a host with several addresses, each of which was tried.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(neverSent);
  if (error.cause !== undefined) return neverSent(error.cause);
  const { code, syscall } = error as NodeJS.ErrnoException;
  return BEFORE_SENDING.has(syscall) || CODES.has(code);
}
