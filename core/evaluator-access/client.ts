/** Calls an evaluator so that no secret reaches a stranger, and no stranger's answer is believed. */
import { credentials, InterceptingCall, type Interceptor, Metadata, status } from "@grpc/grpc-js";
import { connectEvaluator, type EvaluateRequest, type EvaluatorClient } from "@kevo/proto/evaluator-service.ts";
import { localSecret } from "../identity/local-secrets.ts";
import { expectRole, type TlsIdentity } from "../identity/tls.ts";
import { callSecretOfToken } from "../identity/token-keys.ts";
import { startTimeOf } from "../process/process-identity.ts";
import { ANSWER_KEY, CallSigner, digestOf, PROOF_KEY } from "./call-proof.ts";

/**
 * A secret that a caller and the evaluator share; or this caller's certificate, and which of the evaluator's are good.
 */
export type EvaluatorAccess =
  | { readonly secret: string }
  | { readonly tls: TlsIdentity & { readonly accepts: (serial: string) => boolean } };

/**
 * The access to the evaluator at this address: for one that this user runs on this host, the secret it published; for
 * any other, the secret derived from the token. Null without either: it is not called then.
 */
export function evaluatorAccess(address: string, token: string | undefined): EvaluatorAccess | null {
  const local = localSecret("evaluator", address);
  if (local !== null && isThere(local)) return { secret: local.secret };
  return token === undefined ? null : { secret: callSecretOfToken(token) };
}

export function openEvaluatorClient(address: string, access: EvaluatorAccess): EvaluatorClient {
  if ("secret" in access) return connectEvaluator(address, [proving(address, new CallSigner(access.secret))]);
  const { ca, cert, key, accepts } = access.tls;
  const [caBytes, certBytes, keyBytes] = [ca, cert, key].map((pem) => Buffer.from(pem)) as [Buffer, Buffer, Buffer];
  const checkServerIdentity = expectRole("evaluator", accepts);
  return connectEvaluator(address, [], credentials.createSsl(caBytes, keyBytes, certBytes, { checkServerIdentity }));
}

function proving(authority: string, signer: CallSigner): Interceptor {
  return (options, nextCall) => {
    let begin: (digest: string) => void = () => {};
    return new InterceptingCall(nextCall(options), {
      // The request is signed, so the call starts with its message.
      start: (metadata, _listener, next) => {
        begin = (digest) => {
          const proof = signer.prove({ path: options.method_definition.path, authority }, digest);
          metadata.set(PROOF_KEY, proof);
          let trusted = false;
          next(metadata, {
            onReceiveMetadata: (received, pass) => {
              trusted = signer.isAnswer(proof, received.get(ANSWER_KEY)[0]);
              pass(trusted ? received : new Metadata());
            },
            onReceiveMessage: (message, pass) => {
              // Nothing in its place: a message that is held back would hold back the status behind it.
              pass(trusted ? message : null);
            },
            onReceiveStatus: (ended, pass) => {
              if (trusted || ended.code !== status.OK) pass(ended);
              else pass({ code: status.UNAUTHENTICATED, details: STRANGER, metadata: new Metadata() });
            },
          });
        };
      },
      sendMessage: (message: EvaluateRequest, next) => {
        begin(digestOf(message));
        next(message);
      },
    });
  };
}

const STRANGER =
  "the program at this address does not know the secret of the evaluator: another program has taken the address";

/** Process ids and ports are used again: what a killed evaluator left says nothing about who has its port now. */
function isThere({ pid, startTime }: { readonly pid: number; readonly startTime?: string | undefined }): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Other systems tell it by starting a process, and this is asked once a second.
  return startTime === undefined || process.platform !== "linux" || startTimeOf(pid) === startTime;
}
